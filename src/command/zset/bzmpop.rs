//! BZMPOP. Scripts may call it, as in Redis: there it does not wait.

use super::pop;
use crate::command::waiting::timeout_ms;
use crate::command::{
    Arg, ArgKind, BeginSearch, Blocking, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Spec, Wait,
};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Wants;

pub static SPEC: Spec = Spec::blocking(
    "bzmpop",
    -5,
    DOC,
    Blocking {
        attempt: |txn, args| {
            wait(args)?;
            pop::from_first(txn, args, 2)
        },
        wait,
        wants: Wants::SortedSet,
        nothing: || Reply::NilArray,
        found_nothing: None,
    },
)
.since(3)
.flags(Flags::MOVABLEKEYS)
.check(|args| wait(args).map(drop))
.keys(&[KeySpec {
    begin: BeginSearch::Index(2),
    find: FindKeys::Keynum { index: 0, first: 1, step: 1 },
    flags: KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
}]);

const DOC: Doc = Doc {
    summary: "Takes members of lowest or highest scores out of the first of some sorted sets that is there; waits until one is.",
    since: "7.0.0",
    group: Family::SortedSet,
    complexity: "O(K + M log N) with the number of keys, of members of the set, and of those taken",
    args: &[
        Arg::new("timeout", ArgKind::Double),
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(0)).multiple(),
        Arg::new("where", ArgKind::OneOf(&[Arg::word("min", "MIN"), Arg::word("max", "MAX")])),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
    ],
};

/// What stands behind the timeout is looked at first, as in Redis.
fn wait(args: &Args) -> Result<Wait, ReplyError> {
    let (keys, ..) = pop::request(args, 2)?;
    Ok(Wait::new(args.from(3).take(keys), timeout_ms(args, 1)?))
}
