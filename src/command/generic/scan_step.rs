//! What HSCAN and its kin, which go through one key's elements, have in common.

use super::name_pattern::NamePattern;
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};

/// COUNT, unless it is given.
const COUNT_DEFAULT: usize = 10;

/// MATCH, and about how many elements a step looks at.
///
/// # Errors
/// Redis's for what is no such option, and for a COUNT that is no number above 0.
pub fn options(args: &Args) -> Result<(NamePattern<'_>, usize), ReplyError> {
    let (mut pattern, mut count) = (NamePattern::ALL, COUNT_DEFAULT);
    for at in (3..args.len()).step_by(2) {
        let value = args.opt(at + 1).ok_or(SYNTAX)?;
        if args.is(at, "COUNT") {
            let number = parse_i64(value).ok_or(NOT_AN_INTEGER)?;
            count = usize::try_from(number).ok().filter(|count| *count > 0).ok_or(SYNTAX)?;
        } else if args.is(at, "MATCH") {
            pattern = NamePattern::new(value);
        } else {
            return Err(SYNTAX);
        }
    }
    Ok((pattern, count))
}

/// The next cursor, and what was found.
pub fn reply(next: u64, elements: Vec<Reply>) -> Reply {
    Reply::Array(vec![Reply::bulk(itoa::Buffer::new().format(next)), Reply::Array(elements)])
}
