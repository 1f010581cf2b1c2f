//! LOCK.RELEASE

use super::request::{NAME, OWNER, TOKEN, names, token};
use crate::command::{Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::{Hold, LockEvent, Txn};

pub static SPEC: Spec = Spec::write("lock.release", -3, DOC, run)
    .since(3)
    .flags(Flags::FREES)
    .check(|args| check(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Ends an owner's hold on a lock; with a token, only that hold.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of holders",
    args: &[NAME, OWNER, TOKEN.optional()],
};

/// The token, if there is one.
fn check(args: &Args) -> Result<Option<u64>, ReplyError> {
    if args.len() > 4 {
        return Err(wrong_arity(SPEC.name));
    }
    names(args)?;
    args.opt(3).map(token).transpose()
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let token = check(args)?;
    let (name, owner) = names(args)?;
    let is_meant = |hold: &Hold| *hold.owner == *owner && token.is_none_or(|token| token == hold.token);
    Ok(Reply::Int(txn.end_holds(name, LockEvent::Released, is_meant)? as i64))
}
