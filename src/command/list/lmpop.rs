//! LMPOP

use super::ends::{end, number_from, pop};
use crate::command::{Arg, ArgKind, BeginSearch, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{End, Txn};

/// The command.
pub static SPEC: Spec = Spec::write("lmpop", -4, DOC, run)
    .since(3)
    .flags(Flags::MOVABLEKEYS)
    .check(|args| MultiPop::parse(args, 1).map(drop))
    .keys(&[KeySpec {
        begin: BeginSearch::Index(1),
        find: FindKeys::Keynum { index: 0, first: 1, step: 1 },
        flags: KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    }]);

const DOC: Doc = Doc {
    summary: "Takes elements off an end of the first of several lists that there is.",
    since: "7.0.0",
    group: Family::List,
    complexity: "O(N+M) with the number of keys and of elements returned",
    args: &[
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(0)).multiple(),
        Arg::new("where", ArgKind::OneOf(&[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")])),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
    ],
};

/// Arguments of LMPOP and BLMPOP from the number of keys on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiPop {
    /// Where the keys stand.
    pub keys: std::ops::Range<usize>,
    /// From which end elements are taken.
    pub end: End,
    /// How many at most.
    pub count: usize,
}

impl MultiPop {
    /// Reads them; the number of keys stands at `at`.
    ///
    /// # Errors
    /// Redis's texts.
    pub fn parse(args: &Args, at: usize) -> Result<Self, ReplyError> {
        const NUMKEYS: ReplyError = ReplyError::new("ERR numkeys should be greater than 0");
        const COUNT: ReplyError = ReplyError::new("ERR count should be greater than 0");
        let keys_end = number_from(args.arg(at), 1, NUMKEYS)?.saturating_add(at + 1);
        if keys_end >= args.len() {
            return Err(SYNTAX);
        }
        let end = end(args, keys_end)?;
        let count = match args.len() - keys_end {
            1 => 1,
            3 if args.is(keys_end + 1, "COUNT") => number_from(args.arg(keys_end + 2), 1, COUNT)?,
            // A wrong number is found before what stands behind it.
            4.. if args.is(keys_end + 1, "COUNT") => {
                number_from(args.arg(keys_end + 2), 1, COUNT)?;
                return Err(SYNTAX);
            }
            _ => return Err(SYNTAX),
        };
        Ok(Self { keys: at + 1..keys_end, end, count })
    }

    /// Takes from the first list that there is: its name and the elements; None if there is none.
    ///
    /// # Errors
    /// WRONGTYPE of a key before it.
    pub fn pop(&self, txn: &mut Txn<'_>, args: &Args) -> Result<Option<Reply>, ReplyError> {
        for at in self.keys.clone() {
            if let Some(popped) = pop(txn, args.arg(at), self.end, self.count)? {
                return Ok(Some(Reply::Array(vec![Reply::bulk(args.arg(at)), Reply::Array(popped)])));
            }
        }
        Ok(None)
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let popped = MultiPop::parse(args, 1)?.pop(txn, args)?;
    Ok(popped.unwrap_or(Reply::NilArray))
}
