//! ZDIFF

use super::combine::{self, Form, Operation, Use};
use crate::command::{Arg, ArgKind, BeginSearch, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("zdiff", -3, DOC, run)
    .since(3)
    .flags(Flags::MOVABLEKEYS.union(Flags::UNBOUNDED))
    .check(|args| combine::check(args, FORM))
    .keys(&[KeySpec {
        begin: BeginSearch::Index(1),
        find: FindKeys::Keynum { index: 0, first: 1, step: 1 },
        flags: KeyFlags::RO.union(KeyFlags::ACCESS),
    }]);

const DOC: Doc = Doc {
    summary: "Returns the members of a sorted set that are in none of some others.",
    since: "6.2.0",
    group: Family::SortedSet,
    complexity: "O(N K + M log M) with the members of the first set, the number of sets, and of members of the result",
    args: &[
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(0)).multiple(),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
};

const FORM: Form = Form { name: "zdiff", operation: Operation::Difference, used: Use::Show };

fn run(view: &View<'_>, args: &Args) -> Outcome {
    combine::read(view, args, FORM)
}
