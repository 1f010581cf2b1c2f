//! PEXPIRE

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::error::{NOT_AN_INTEGER, invalid_expire};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::Txn;

pub static SPEC: Spec = Spec {
    name: "pexpire",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))],
    doc: Doc {
        summary: "Sets in how many milliseconds a key expires.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("milliseconds", ArgKind::Integer)],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    let ms = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    let at = i64::try_from(txn.now_ms())
        .ok()
        .and_then(|now| now.checked_add(ms))
        .ok_or_else(|| invalid_expire("pexpire"))?;
    if !txn.exists(key) {
        return Ok(Reply::Int(0));
    }
    match u64::try_from(at) {
        Ok(at) if at > txn.now_ms() => txn.set_deadline(key, Some(at)),
        _ => txn.remove(key),
    };
    Ok(Reply::Int(1))
}
