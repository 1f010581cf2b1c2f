//! ZMPOP

use super::pop;
use crate::command::{Arg, ArgKind, BeginSearch, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("zmpop", -4, DOC, run)
    .since(3)
    .flags(Flags::MOVABLEKEYS)
    .check(|args| pop::request(args, 1).map(drop))
    .keys(&[KeySpec {
        begin: BeginSearch::Index(1),
        find: FindKeys::Keynum { index: 0, first: 1, step: 1 },
        flags: KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    }]);

const DOC: Doc = Doc {
    summary: "Takes members of lowest or highest scores out of the first of some sorted sets that is there.",
    since: "7.0.0",
    group: Family::SortedSet,
    complexity: "O(K + M log N) with the number of keys, of members of the set, and of those taken",
    args: &[
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(0)).multiple(),
        Arg::new("where", ArgKind::OneOf(&[Arg::word("min", "MIN"), Arg::word("max", "MAX")])),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    Ok(pop::from_first(txn, args, 1)?.unwrap_or(Reply::NilArray))
}
