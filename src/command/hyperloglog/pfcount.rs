//! PFCOUNT
//!
//! A read, of several keys or one: where Redis keeps the estimate in the string, and so changes it, nothing is kept here. To estimate takes some
//! microseconds, less than a write takes, and reads go to every node.

use super::sketch::{Highest, Sketch};
use crate::command::repeated::times_named;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Str, View};

// The flags are Redis's.
pub static SPEC: Spec = Spec::read("pfcount", -2, DOC, run)
    .since(3)
    .flags(Flags::MAY_REPLICATE)
    .keys(&[KeySpec::range(1, -1, 1, KeyFlags::RW.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Estimates how many different elements the sketches at some keys have together.",
    since: "2.8.9",
    group: Family::HyperLogLog,
    complexity: "O(N) with the number of keys",
    args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    if args.len() == 2 {
        let Some(held) = view.typed::<Str>(args.arg(1))? else { return Ok(Reply::Int(0)) };
        let sketch = Sketch::of(held.as_bytes())?;
        view.work(sketch.units())?;
        return Ok(Reply::Int(sketch.count()? as i64));
    }
    let mut highest = Highest::default();
    for (key, times) in args.from(1).zip(times_named(args.from(1))) {
        // One that was named before says nothing more.
        let Some(held) = view.typed::<Str>(key)?.filter(|_| times > 0) else { continue };
        let sketch = Sketch::of(held.as_bytes())?;
        view.work(sketch.units())?;
        highest.merge(sketch)?;
    }
    Ok(Reply::Int(highest.count() as i64))
}
