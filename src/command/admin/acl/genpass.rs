//! ACL GENPASS

use super::super::doc;
use super::{LEVEL, PLAIN};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};

const BITS: i64 = 256;
const BITS_MAX: i64 = 4096;

pub static SPEC: Spec = Spec::session(
    "acl|genpass",
    -2,
    PLAIN,
    doc("6.0.0", "O(1)", "Returns a password that nobody can guess.")
        .args(&[Arg::new("bits", ArgKind::Integer).optional()]),
    run,
)
.since(LEVEL);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    password(call, args).into()
}

fn password(call: &Call<'_>, args: &Args) -> Result<Reply, ReplyError> {
    if args.len() > 3 {
        return Err(crate::error::wrong_subcommand_arguments("ACL", args.arg(1)));
    }
    let bits = args.opt(2).map_or(Some(BITS), parse_i64).ok_or(NOT_AN_INTEGER)?;
    if !(1..=BITS_MAX).contains(&bits) {
        return Err(ReplyError::text(format!(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to {BITS_MAX}"
        )));
    }
    // A digit for each four bits that are begun.
    let digits = usize::try_from((bits + 3) / 4).unwrap_or(0);
    let mut text = String::with_capacity(digits + 16);
    while text.len() < digits {
        text.push_str(&format!("{:016x}", call.node.random()));
    }
    text.truncate(digits);
    Ok(Reply::bulk(text))
}
