//! SELECT

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::{DB_OUT_OF_RANGE, NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::DATABASES;

pub static SPEC: Spec =
    Spec::session("select", 2, Flags::LOADING.union(Flags::STALE).union(Flags::FAST).union(Flags::SELECTS), DOC, run)
        .cluster_check(only_the_first);

const DOC: Doc = Doc {
    summary: "Chooses the database of the commands that follow.",
    since: "1.0.0",
    group: Family::Connection,
    complexity: "O(1)",
    args: &[Arg::new("index", ArgKind::Integer)],
};

const INDEX_OUT_OF_INT: ReplyError =
    ReplyError::new("ERR value is out of range, value must between -2147483648 and 2147483647");

/// What is no index is said by the command itself.
fn only_the_first(args: &Args) -> Result<(), ReplyError> {
    match parse_i64(args.arg(1)) {
        Some(index) if index != 0 && i32::try_from(index).is_ok() => {
            Err(ReplyError::new("ERR SELECT is not allowed in cluster mode"))
        }
        _ => Ok(()),
    }
}

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let Some(index) = parse_i64(args.arg(1)) else { return Reply::Error(NOT_AN_INTEGER).into() };
    if i32::try_from(index).is_err() {
        return Reply::Error(INDEX_OUT_OF_INT).into();
    }
    match usize::try_from(index) {
        Ok(index) if index < DATABASES => {
            call.session.db = index;
            Reply::Ok.into()
        }
        _ => Reply::Error(DB_OUT_OF_RANGE).into(),
    }
}
