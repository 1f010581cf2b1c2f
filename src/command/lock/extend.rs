//! LOCK.EXTEND

use super::request::{NAME, OWNER, TOKEN, TTL, granted, names, token, ttl};
use crate::command::{Arg, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("lock.extend", -5, DOC, run)
    .since(3)
    .check(|args| request(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Lets an owner hold a lock for longer; never for less.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of holders",
    args: &[NAME, OWNER, Arg::new("ttl", TTL), TOKEN.optional()],
};

struct Extend<'a> {
    name: &'a [u8],
    owner: &'a [u8],
    ttl_ms: u64,
    token: Option<u64>,
}

fn request(args: &Args) -> Result<Extend<'_>, ReplyError> {
    let (name, owner) = names(args)?;
    let ttl_ms = ttl(args, 3, SPEC.name)?.ok_or(SYNTAX)?;
    if args.len() > 6 {
        return Err(SYNTAX);
    }
    Ok(Extend { name, owner, ttl_ms, token: args.opt(5).map(token).transpose()? })
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let Extend { name, owner, ttl_ms, token } = request(args)?;
    Ok(txn.extend_hold(name, owner, token, ttl_ms)?.as_ref().map_or(Reply::NilArray, granted))
}
