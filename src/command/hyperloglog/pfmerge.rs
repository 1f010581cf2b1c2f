//! PFMERGE

use super::pfadd::put;
use super::sketch::{Highest, Raised, Sketch, empty, forget_count};
use crate::command::repeated::times_named;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Event, Str, Txn};

pub static SPEC: Spec =
    Spec::write("pfmerge", -2, DOC, run).event(Event::string("pfadd")).since(3).flags(Flags::DENYOOM).keys(&[
        KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::INSERT)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ]);

const DOC: Doc = Doc {
    summary: "Merges sketches into the first of them.",
    since: "2.8.9",
    group: Family::HyperLogLog,
    complexity: "O(N) with the number of keys",
    args: &[Arg::new("destkey", ArgKind::Key(0)), Arg::new("sourcekey", ArgKind::Key(1)).optional().multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let sparse_max = txn.state().options.hll_sparse_max_bytes;
    let (mut highest, mut has_dense) = (Highest::default(), false);
    for (key, times) in args.from(1).zip(times_named(args.from(1))) {
        // One that was named before says nothing more.
        let Some(held) = txn.read_typed::<Str>(key)?.filter(|_| times > 0) else { continue };
        let sketch = Sketch::of(held.as_bytes())?;
        has_dense |= !sketch.is_sparse;
        let units = sketch.units();
        highest.merge(sketch)?;
        txn.work(units)?;
    }
    let before = txn.typed::<Str>(args.arg(1))?;
    let is_new = before.is_none();
    let made = if is_new { empty() } else { Vec::new() };
    let mut raised = Raised::of(Sketch::of(before.map_or(&made[..], Str::as_bytes))?, sparse_max)?;
    if has_dense {
        raised.make_dense();
    }
    txn.work(raised.units_of(&highest))?;
    raised.raise_all(&highest);
    let mut string = raised.finish();
    forget_count(&mut string);
    put(txn, args.arg(1), string, is_new)?;
    Ok(Reply::Ok)
}
