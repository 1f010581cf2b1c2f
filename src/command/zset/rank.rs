//! How many members stand in front of one: ZRANK and ZREVRANK.

use super::member_work;
use crate::command::Outcome;
use crate::error::{ReplyError, SYNTAX, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::View;

/// True if the score is wanted too.
pub(super) fn with_score(args: &Args, name: &str) -> Result<bool, ReplyError> {
    match args.len() {
        3 => Ok(false),
        4 if args.is(3, "WITHSCORE") => Ok(true),
        4 => Err(SYNTAX),
        _ => Err(wrong_arity(name)),
    }
}

pub(super) fn run(view: &View<'_>, args: &Args, name: &str, reverse: bool) -> Outcome {
    let with_score = with_score(args, name)?;
    let found = member_work::find(view, args.arg(1), 1)?.and_then(|set| {
        let (rank, score) = set.rank(args.arg(2))?;
        Some((if reverse { set.len() - 1 - rank } else { rank }, score))
    });
    Ok(match found {
        Some((rank, score)) if with_score => Reply::Array(vec![Reply::Int(rank as i64), Reply::Double(score)]),
        Some((rank, _)) => Reply::Int(rank as i64),
        None if with_score => Reply::NilArray,
        None => Reply::Nil,
    })
}
