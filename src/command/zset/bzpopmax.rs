//! BZPOPMAX

use super::block::{pop_args, pop_first, wait_for_keys};
use super::pop::Extreme;
use crate::command::{Blocking, Doc, Family, Flags, KeyFlags, KeySpec, Spec};
use crate::protocol::Reply;
use crate::store::Wants;

pub static SPEC: Spec = Spec::blocking(
    "bzpopmax",
    -3,
    DOC,
    Blocking {
        attempt: |txn, args| pop_first(txn, args, Extreme::Max),
        wait: wait_for_keys,
        wants: Wants::SortedSet,
        nothing: || Reply::NilArray,
        found_nothing: None,
    },
)
.since(3)
.flags(Flags::FAST)
.check(|args| wait_for_keys(args).map(drop))
.keys(&[KeySpec::range(1, -2, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Takes the member of highest score out of the first of some sorted sets that is there; waits until one is.",
    since: "5.0.0",
    group: Family::SortedSet,
    complexity: "O(K + log N) with the number of keys, and of members of the set",
    args: pop_args(),
};
