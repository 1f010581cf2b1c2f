//! PFDEBUG

use std::fmt::Write;

use super::pfadd::put;
use super::sketch::{Raised, Sketch};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Str, Txn};

pub static SPEC: Spec = Spec::write("pfdebug", 3, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::ADMIN))
    .keys(&[KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Shows how a sketch is kept: its registers (GETREG), sparse runs (DECODE) or form (ENCODING); TODENSE and GETREG make it dense.",
    since: "2.8.9",
    group: Family::HyperLogLog,
    complexity: "O(N) with the number of registers",
    args: &[Arg::new("subcommand", ArgKind::String), Arg::new("key", ArgKind::Key(0))],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(2);
    // A long string is shared.
    let Some(held) = txn.typed::<Str>(key)?.map(Str::to_bytes) else {
        return Err(ReplyError::new("ERR The specified key does not exist"));
    };
    let sketch = Sketch::of(&held)?;
    let is_sparse = sketch.is_sparse;
    if args.is(1, "DECODE") {
        if !is_sparse {
            return Err(ReplyError::new("ERR HLL encoding is not sparse"));
        }
        txn.work(sketch.units())?;
        return Ok(Reply::bulk(decoded(sketch)?));
    }
    if args.is(1, "ENCODING") {
        return Ok(Reply::simple(if is_sparse { "sparse" } else { "dense" }));
    }
    let shows = args.is(1, "GETREG");
    if !shows && !args.is(1, "TODENSE") {
        return Err(ReplyError::about("ERR Unknown PFDEBUG subcommand '", args.arg(1), "'"));
    }
    txn.work(sketch.units())?;
    let sketch = sketch.whole()?;
    let shown: Vec<_> =
        if shows { sketch.values().map(|value| Reply::Int(value.into())).collect() } else { Vec::new() };
    if is_sparse {
        let mut raised = Raised::of(sketch, 0)?;
        raised.make_dense();
        put(txn, key, raised.finish(), false)?;
    }
    Ok(if shows { Reply::Array(shown) } else { Reply::Int(is_sparse.into()) })
}

/// The runs as text.
fn decoded(sketch: Sketch<'_>) -> Result<String, ReplyError> {
    let mut text = String::new();
    for run in sketch.runs()? {
        if !text.is_empty() {
            text.push(' ');
        }
        // Writing to a text does not fail.
        let _ = match run.value {
            0 if run.size == 1 => write!(text, "z:{}", run.len),
            0 => write!(text, "Z:{}", run.len),
            value => write!(text, "v:{value},{}", run.len),
        };
    }
    Ok(text)
}
