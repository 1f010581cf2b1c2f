//! LOCK.CHECK

use super::held;
use super::request::{NAME, TOKEN, token};
use crate::command::{Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("lock.check", 3, DOC, run)
    .since(3)
    .flags(Flags::ALWAYS_LINEARIZABLE)
    .check(|args| token(args.arg(2)).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Tells whether a lock is held now with this token.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of holders",
    args: &[NAME, TOKEN],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let token = token(args.arg(2))?;
    let is_held = held::holds(view, args.arg(1))?.any(|hold| hold.token == token);
    Ok(Reply::Int(i64::from(is_held)))
}
