//! ZINTERCARD

use super::combine::{self, Form, Operation, Use};
use crate::command::{Arg, ArgKind, BeginSearch, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("zintercard", -3, DOC, run)
    .since(3)
    .flags(Flags::MOVABLEKEYS.union(Flags::UNBOUNDED))
    .check(|args| combine::check(args, FORM))
    .keys(&[KeySpec {
        begin: BeginSearch::Index(1),
        find: FindKeys::Keynum { index: 0, first: 1, step: 1 },
        flags: KeyFlags::RO.union(KeyFlags::ACCESS),
    }]);

const DOC: Doc = Doc {
    summary: "Counts the members that are in all of some sorted sets.",
    since: "7.0.0",
    group: Family::SortedSet,
    complexity: "O(N K) with the members of the smallest set, and the number of sets",
    args: &[
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(0)).multiple(),
        Arg::new("limit", ArgKind::Integer).token("LIMIT").optional(),
    ],
};

const FORM: Form = Form { name: "zintercard", operation: Operation::Intersection, used: Use::Count };

fn run(view: &View<'_>, args: &Args) -> Outcome {
    combine::read(view, args, FORM)
}
