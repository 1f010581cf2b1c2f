//! XSETID

use super::ids;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NO_SUCH_KEY, NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, Event, Stream, StreamId, Txn};

pub static SPEC: Spec = Spec::write("xsetid", -3, DOC, run)
    .event(Event::stream("xsetid"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| Head::parse(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets what a stream knows of its past: the last id, how many entries were added, and the largest one removed.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("last-id", ArgKind::String),
        Arg::new("entries-added", ArgKind::Integer).token("ENTRIESADDED").optional(),
        Arg::new("max-deleted-id", ArgKind::String).token("MAXDELETEDID").optional(),
    ],
};

const NEGATIVE: ReplyError = ReplyError::new("ERR entries_added must be positive");
const BELOW_GIVEN: ReplyError =
    ReplyError::new("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
const BELOW_DELETED: ReplyError =
    ReplyError::new("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
const BELOW_LAST: ReplyError =
    ReplyError::new("ERR The ID specified in XSETID is smaller than the target stream top item");
const FEW_ADDED: ReplyError =
    ReplyError::new("ERR The entries_added specified in XSETID is smaller than the target stream length");

struct Head {
    last_id: StreamId,
    entries_added: Option<u64>,
    max_deleted_id: Option<StreamId>,
}

impl Head {
    fn parse(args: &Args) -> Result<Self, ReplyError> {
        let mut head = Self { last_id: ids::strict(args.arg(2))?, entries_added: None, max_deleted_id: None };
        for at in (3..args.len()).step_by(2) {
            let value = args.opt(at + 1).ok_or(SYNTAX)?;
            if args.is(at, "ENTRIESADDED") {
                let added = parse_i64(value).ok_or(NOT_AN_INTEGER)?;
                head.entries_added = Some(u64::try_from(added).map_err(|_| NEGATIVE)?);
            } else if args.is(at, "MAXDELETEDID") {
                let id = ids::strict(value)?;
                if head.last_id < id {
                    return Err(BELOW_GIVEN);
                }
                head.max_deleted_id = Some(id);
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(head)
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let Head { last_id, entries_added, max_deleted_id } = Head::parse(args)?;
    let set = txn.edit_quietly(args.arg(1), Create::No, |stream: &mut Stream| {
        if last_id < stream.max_deleted_id() {
            return Err(BELOW_DELETED);
        }
        if stream.last_present().is_some_and(|last| last_id < last) {
            return Err(BELOW_LAST);
        }
        if !stream.is_empty() && entries_added.is_some_and(|added| added < stream.len()) {
            return Err(FEW_ADDED);
        }
        // Nothing is below the smallest id: it leaves what there is.
        stream.set_head(last_id, entries_added, max_deleted_id.filter(|id| !id.is_zero()));
        Ok(((), Changed(true)))
    })?;
    set.map_or(Err(NO_SUCH_KEY), |()| Ok(Reply::Ok))
}
