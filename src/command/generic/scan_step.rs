//! What HSCAN and its kin, which go through one key's elements, have in common.

use super::name_pattern::NamePattern;
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};

/// COUNT, unless it is given.
const COUNT_DEFAULT: usize = 10;

/// The feature level since which there is NOVALUES.
const NO_VALUES_SINCE: u32 = 3;
const NO_VALUES_IN_OTHERS: ReplyError = ReplyError::new("ERR NOVALUES option can only be used in HSCAN");

/// What a step is asked for.
pub struct Options<'a> {
    /// MATCH.
    pub pattern: NamePattern<'a>,
    /// About how many elements it looks at.
    pub count: usize,
    /// NOVALUES: fields alone.
    pub no_values: bool,
}

/// Reads them, as a state of this feature level knows them; only those of HSCAN may have NOVALUES.
///
/// # Errors
/// Redis's for what is no such option, and for a COUNT that is no number above 0.
pub fn options(args: &Args, level: u32, is_hash: bool) -> Result<Options<'_>, ReplyError> {
    let mut options = Options { pattern: NamePattern::ALL, count: COUNT_DEFAULT, no_values: false };
    let mut at = 3;
    while at < args.len() {
        if level >= NO_VALUES_SINCE && args.is(at, "NOVALUES") {
            if !is_hash {
                return Err(NO_VALUES_IN_OTHERS);
            }
            options.no_values = true;
            at += 1;
            continue;
        }
        let value = args.opt(at + 1).ok_or(SYNTAX)?;
        if args.is(at, "COUNT") {
            let number = parse_i64(value).ok_or(NOT_AN_INTEGER)?;
            options.count = usize::try_from(number).ok().filter(|count| *count > 0).ok_or(SYNTAX)?;
        } else if args.is(at, "MATCH") {
            options.pattern = NamePattern::new(value);
        } else {
            return Err(SYNTAX);
        }
        at += 2;
    }
    Ok(options)
}

/// The next cursor, and what was found.
pub fn reply(next: u64, elements: Vec<Reply>) -> Reply {
    Reply::Array(vec![Reply::bulk(itoa::Buffer::new().format(next)), Reply::Array(elements)])
}
