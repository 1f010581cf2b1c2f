//! XTRIM

use super::add_options::{AddOptions, trim};
use super::deleting::REFS;
use super::xadd::TRIM;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Event, StreamLimits, Txn};

pub static SPEC: Spec = Spec::write("xtrim", -4, DOC, run)
    .event(Event::stream("xtrim"))
    .since(3)
    .check(|args| AddOptions::parse(args, false).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes the first entries of a stream.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of entries removed",
    args: &[Arg::new("key", ArgKind::Key(0)), TRIM, REFS],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let options = AddOptions::parse(args, false)?;
    let key = args.arg(1);
    options.say_work(txn, key)?;
    let limits = StreamLimits::from(&txn.state().options);
    let removed = match options.trim(limits) {
        Some(how) => trim(txn, key, how, options.refs())?,
        None => None,
    };
    Ok(Reply::Int(removed.unwrap_or(0) as i64))
}
