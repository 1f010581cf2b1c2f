//! LOCK.BREAK

use super::request::{NAME, OWNER};
use crate::command::{Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::{Hold, LockEvent, Txn};

pub static SPEC: Spec = Spec::write("lock.break", -2, DOC, run)
    .since(3)
    .flags(Flags::ADMIN.union(Flags::FREES))
    .check(check)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Ends all holds on a lock, or one owner's, whoever asks; the next in the queue gets it.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of holders",
    args: &[NAME, OWNER.optional()],
};

fn check(args: &Args) -> Result<(), ReplyError> {
    if args.len() > 3 { Err(wrong_arity(SPEC.name)) } else { Ok(()) }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    check(args)?;
    let owner = args.opt(2);
    let is_meant = |hold: &Hold| owner.is_none_or(|owner| *hold.owner == *owner);
    Ok(Reply::Int(txn.end_holds(args.arg(1), LockEvent::Broken, is_meant)? as i64))
}
