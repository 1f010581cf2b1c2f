//! For unit tests: what the next feature level could bring.

use super::context::{Doc, Family, NewerForm, Spec};
use crate::error::SYNTAX;
use crate::protocol::{Args, Outcome, Reply};
use crate::store::{Deadline, Str, Txn, View};
use crate::sys::version::FEATURE_LEVEL;

/// A level that no binary knows yet.
pub const NEXT: u32 = FEATURE_LEVEL + 1;

/// All of them.
pub static SPECS: &[&Spec] = &[&LATER, &LATER_READ, &GROWN, &GROUP];

static LATER: Spec = Spec::write("test.later", 3, DOC, set).since(NEXT);
static LATER_READ: Spec = Spec::read("test.laterread", 2, DOC, get).since(NEXT);
/// `TEST.GROWN key value [NOW]`
static GROWN: Spec = Spec::write("test.grown", -3, DOC, grown)
    .newer_form(|args| args.is(3, "now").then_some(NewerForm { since: NEXT, before: SYNTAX }));
static GROUP: Spec = Spec::container("test.group", DOC, &[&OLD, &NEW]);
static OLD: Spec = Spec::write("test.group|old", 4, DOC, |txn, args| set(txn, &args.skip(1)));
static NEW: Spec = Spec::write("test.group|new", 4, DOC, |txn, args| set(txn, &args.skip(1))).since(NEXT);

const DOC: Doc = Doc::new(Family::String, "1.0.0", "O(1)", "Is there for tests.");

fn set(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    txn.set(args.arg(1), Str::new(args.arg(2)).into(), Deadline::Clear);
    Ok(Reply::Ok)
}

fn get(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(i64::from(view.get(args.arg(1)).is_some())))
}

fn grown(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    match args.len() {
        3 => set(txn, args),
        4 if args.is(3, "now") => set(txn, args),
        _ => Err(SYNTAX),
    }
}
