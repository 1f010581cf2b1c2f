//! BLMPOP

use super::lmpop::MultiPop;
use crate::command::waiting::timeout_ms;
use crate::command::{
    Arg, ArgKind, BeginSearch, Blocking, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Spec, Wait,
};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Wants;

/// The command.
pub static SPEC: Spec = Spec::blocking(
    "blmpop",
    -5,
    DOC,
    Blocking {
        attempt: |txn, args| {
            wait(args)?;
            MultiPop::parse(args, 2)?.pop(txn, args)
        },
        wait,
        wants: Wants::List,
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
    summary: "Takes elements off an end of the first of several lists that there is; waits until there is one.",
    since: "7.0.0",
    group: Family::List,
    complexity: "O(N+M) with the number of keys and of elements returned",
    args: &[
        Arg::new("timeout", ArgKind::Double),
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(0)).multiple(),
        Arg::new("where", ArgKind::OneOf(&[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")])),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
    ],
};

fn wait(args: &Args) -> Result<Wait, ReplyError> {
    let pop = MultiPop::parse(args, 2)?;
    Ok(Wait::new(pop.keys.map(|at| args.arg(at)), timeout_ms(args, 1)?))
}
