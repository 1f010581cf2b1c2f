//! FUNCTION RESTORE: all libraries of a payload, or none.

use super::load::{loaded, taken};
use super::{LEVEL, doc, dump};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::error::{BAD_PAYLOAD, ReplyError, wrong_subcommand_arguments};
use crate::protocol::{Args, Reply};
use crate::rdb::{payload, string};
use crate::store::{Libraries, Options, Txn};

pub static SPEC: Spec = Spec::write(
    "function|restore",
    -3,
    doc("7.0.0", "O(N) where N is the number of functions on the payload", "Loads all libraries of a payload.").args(
        &[
            Arg::new("serialized-value", ArgKind::String),
            Arg::new(
                "policy",
                ArgKind::OneOf(&[
                    Arg::word("flush", "FLUSH"),
                    Arg::word("append", "APPEND"),
                    Arg::word("replace", "REPLACE"),
                ]),
            )
            .optional(),
        ],
    ),
    run,
)
// Their code runs once: heavy work in apply.
.flags(Flags::NOSCRIPT.union(Flags::DENYOOM).union(Flags::UNBOUNDED))
.check(|args| Policy::read(args).map(drop))
.since(LEVEL);

/// What becomes of the libraries that are there.
#[derive(Clone, Copy, PartialEq)]
enum Policy {
    /// They go.
    Flush,
    /// They stay, and none of the same name may come.
    Append,
    /// They stay, but for those of the same name.
    Replace,
}

impl Policy {
    fn read(args: &Args) -> Result<Self, ReplyError> {
        match args.len() {
            3 => Ok(Self::Append),
            4 if args.is(3, "append") => Ok(Self::Append),
            4 if args.is(3, "replace") => Ok(Self::Replace),
            4 if args.is(3, "flush") => Ok(Self::Flush),
            4 => {
                Err(ReplyError::new("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."))
            }
            _ => Err(wrong_subcommand_arguments("FUNCTION", args.arg(1))),
        }
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let policy = Policy::read(args)?;
    let state = txn.state_mut();
    let given = read(args.arg(2), &state.options)?;
    if policy == Policy::Flush {
        state.libraries = given;
    } else {
        let mut joined = state.libraries.clone();
        // Those that are replaced go first: what they were called is free for all that come.
        if policy == Policy::Replace {
            given.iter().for_each(|library| _ = joined.remove(&library.name));
        }
        if let Some(library) = given.iter().find(|library| joined.get(&library.name).is_some()) {
            return Err(ReplyError::about("ERR Library ", &library.name, " already exists"));
        }
        for library in given.iter() {
            joined.add((**library).clone(), false).map_err(taken)?;
        }
        state.libraries = joined;
    }
    txn.note(b"function restore");
    txn.note(args.arg(2));
    Ok(Reply::Ok)
}

/// Loads the libraries of a payload; the budget of a script is for all of them together.
fn read(sealed: &[u8], options: &Options) -> Result<Libraries, ReplyError> {
    let mut rest = payload::open(sealed).ok_or(BAD_PAYLOAD)?;
    let mut libraries = Libraries::default();
    let mut budget = options.script_budget;
    while let Some((kind, tail)) = rest.split_first() {
        rest = tail;
        match *kind {
            dump::LIBRARY => {}
            246 => return Err(ReplyError::new("ERR Pre-GA function format not supported")),
            _ => return Err(ReplyError::new("ERR given type is not a function")),
        }
        // As long as an argument may be: it has to be loaded by one elsewhere.
        let code = string::read(&mut rest, usize::try_from(options.bulk_len_max).unwrap_or(usize::MAX))
            .ok_or(ReplyError::new("ERR Failed loading library payload"))?;
        let library = loaded(&libraries, &code, false, budget, options)?;
        budget = budget.saturating_sub(library.units);
        libraries.add(library, false).map_err(taken)?;
    }
    Ok(libraries)
}
