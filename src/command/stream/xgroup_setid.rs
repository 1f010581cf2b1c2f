//! XGROUP SETID

use super::groups::{Options, group, key, stream, wrong_arguments};
use super::ids;
use super::xgroup_create::{ENTRIES_READ, ID};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Stream, Txn};

pub static SPEC: Spec = Spec::write("xgroup|setid", -5, DOC, run)
    .event(Event::stream("xgroup-setid"))
    .since(3)
    .check(|args| Options::parse(args, false).map(drop))
    .keys(&[key(KeyFlags::UPDATE)]);

const DOC: Doc = Doc {
    summary: "Sets behind which entry a consumer group goes on.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(log(N)) with the number of groups",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("group", ArgKind::String), ID, ENTRIES_READ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let options = Options::parse(args, false)?;
    group(txn, args)?;
    if args.len() > 7 {
        return Err(wrong_arguments(args));
    }
    let id = match args.arg(4) {
        arg if ids::is(arg, b'$') => stream(txn, args)?.last_id(),
        arg => ids::any(arg)?,
    };
    txn.edit(args.arg(2), Create::No, |stream: &mut Stream| {
        stream.change_group(args.arg(3), |group| {
            group.last_id = id;
            group.entries_read = options.entries_read;
        });
        Ok(((), Changed(true)))
    })?;
    Ok(Reply::Ok)
}
