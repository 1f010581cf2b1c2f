//! The arguments of XDELEX and XACKDEL: which entries, and what becomes of the references to them.

use std::ops::Range;

use super::ids;
use crate::command::{Arg, ArgKind};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Deletion, Refs, StreamId};

const NUMIDS: ReplyError = ReplyError::new("ERR Number of IDs must be a positive integer");
const FEW_IDS: ReplyError = ReplyError::new("ERR The `numids` parameter must match the number of arguments");
const NO_IDS: ReplyError = ReplyError::new("ERR IDS option is required");

/// For COMMAND DOCS: what becomes of the references.
pub(super) const REFS: Arg = Arg::new(
    "condition",
    ArgKind::OneOf(&[Arg::word("keepref", "KEEPREF"), Arg::word("delref", "DELREF"), Arg::word("acked", "ACKED")]),
)
.optional();

/// For COMMAND DOCS: which entries.
pub(super) const IDS: Arg = Arg::new(
    "ids",
    ArgKind::Block(&[Arg::new("numids", ArgKind::Integer), Arg::new("id", ArgKind::String).multiple()]),
)
.token("IDS");

/// What becomes of the references, if this argument says that.
pub(super) fn refs(args: &Args, at: usize) -> Option<Refs> {
    [("KEEPREF", Refs::Keep), ("DELREF", Refs::Forget), ("ACKED", Refs::Acked)]
        .into_iter()
        .find_map(|(word, refs)| args.is(at, word).then_some(refs))
}

/// See the module's header.
#[derive(Debug)]
pub(super) struct Deleting {
    pub refs: Refs,
    /// Where the ids stand.
    ids: Range<usize>,
}

impl Deleting {
    /// Reads them; the first one stands at `first`.
    ///
    /// # Errors
    /// Redis's texts, but for what is wrong with an id.
    pub(super) fn parse(args: &Args, first: usize) -> Result<Self, ReplyError> {
        let (mut said, mut found, mut at) = (None, None, first);
        while at < args.len() {
            if let Some(refs) = refs(args, at).filter(|_| said.is_none()) {
                said = Some(refs);
                at += 1;
            } else if args.is(at, "IDS") && at + 1 < args.len() {
                let number = parse_i64(args.arg(at + 1)).filter(|number| *number > 0).ok_or(NUMIDS)?;
                let number = usize::try_from(number).unwrap_or(usize::MAX);
                if number > args.len() - at - 2 {
                    return Err(FEW_IDS);
                }
                found = Some(at + 2..at + 2 + number);
                at += 2 + number;
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(Self { refs: said.unwrap_or(Refs::Keep), ids: found.ok_or(NO_IDS)? })
    }

    /// The ids.
    ///
    /// # Errors
    /// One is none.
    pub(super) fn ids(&self, args: &Args) -> Result<Vec<StreamId>, ReplyError> {
        self.ids.clone().map(|at| ids::strict(args.arg(at))).collect()
    }

    /// What is answered where there can be no such entries.
    pub(super) fn nothing(&self) -> Reply {
        Reply::Array(self.ids.clone().map(|_| code(Deletion::Absent)).collect())
    }
}

/// What is answered for one entry.
pub(super) fn code(deletion: Deletion) -> Reply {
    Reply::Int(match deletion {
        Deletion::Absent => -1,
        Deletion::Done => 1,
        Deletion::Referenced => 2,
    })
}
