//! BRPOP

use super::block::{FROM_ANY, pop_args, pop_first, wait_for_keys};
use crate::command::{Blocking, Doc, Family, KeyFlags, KeySpec, Spec};
use crate::protocol::Reply;
use crate::store::{End, Wants};

/// The command.
pub static SPEC: Spec = Spec::blocking(
    "brpop",
    -3,
    DOC,
    Blocking {
        attempt: |txn, args| pop_first(txn, args, End::Tail),
        wait: wait_for_keys,
        wants: Wants::List,
        nothing: || Reply::NilArray,
        found_nothing: None,
    },
)
.since(3)
.check(|args| wait_for_keys(args).map(drop))
.keys(&[KeySpec::range(1, -2, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Takes the last element off the first of several lists that there is; waits until there is one.",
    since: "2.0.0",
    group: Family::List,
    complexity: FROM_ANY,
    args: pop_args(),
};
