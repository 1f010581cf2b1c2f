//! PFADD

use super::hash;
use super::sketch::{Raised, Sketch, empty, forget_count};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Deadline, Event, Str, Txn};

pub static SPEC: Spec = Spec::write("pfadd", -2, DOC, run)
    .event(Event::string("pfadd"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::INSERT))]);

const DOC: Doc = Doc {
    summary: "Adds elements to a sketch that estimates how many different ones there are; an absent one is made.",
    since: "2.8.9",
    group: Family::HyperLogLog,
    complexity: "O(1) for each element",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("element", ArgKind::String).optional().multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    let sparse_max = txn.state().options.hll_sparse_max_bytes;
    let before = txn.typed::<Str>(key)?;
    let is_new = before.is_none();
    let made = if is_new { empty() } else { Vec::new() };
    let string = before.map_or(&made[..], Str::as_bytes);
    let sketch = Sketch::of(string)?;
    // The dense form is changed where it stands, the sparse one, which is short, is written anew.
    if sketch.is_sparse {
        let units = sketch.units().saturating_mul(args.len() as u64);
        let mut raised = Raised::of(sketch, sparse_max)?;
        txn.work(units)?;
        let changed = args.from(2).filter(|element| raised.add(element)).count() > 0;
        if is_new || changed {
            let mut string = raised.finish();
            forget_count(&mut string);
            put(txn, key, string, is_new)?;
        }
        return Ok(Reply::Int((is_new || changed).into()));
    }
    let raised: Vec<_> =
        args.from(2).map(hash::place).filter(|(index, value)| sketch.register(*index) < *value).collect();
    if !raised.is_empty() {
        txn.edit(key, Create::No, |held: &mut Str| {
            held.edit(|string| {
                forget_count(string);
                raised.iter().for_each(|(index, value)| super::sketch::raise_dense(string, *index, *value));
            });
            Ok(((), Changed(true)))
        })?;
    }
    Ok(Reply::Int((!raised.is_empty()).into()))
}

/// Puts a sketch into its key, whose deadline stays.
pub(super) fn put(
    txn: &mut Txn<'_>,
    key: &[u8],
    string: Vec<u8>,
    is_new: bool,
) -> Result<(), crate::error::ReplyError> {
    if is_new {
        txn.set(key, Str::raw(string).into(), Deadline::Clear);
        return Ok(());
    }
    txn.edit(key, Create::No, |held: &mut Str| {
        *held = Str::raw(string);
        Ok(((), Changed(true)))
    })?;
    Ok(())
}
