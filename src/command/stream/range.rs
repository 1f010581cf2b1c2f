//! XRANGE and XREVRANGE.

use super::{ids, replies};
use crate::command::{Arg, ArgKind, Outcome};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Span, Stream, StreamId, View};

/// The argument behind the ids, in COMMAND DOCS.
pub(super) const COUNT: Arg = Arg::new("count", ArgKind::Integer).token("COUNT").optional();

/// What is asked for.
pub(super) struct Range {
    from: StreamId,
    to: StreamId,
    /// None: all.
    count: Option<u64>,
}

impl Range {
    /// Reads the arguments, of which the first and last id stand at these places.
    ///
    /// # Errors
    /// Redis's texts.
    pub(super) fn parse(args: &Args, from: usize, to: usize) -> Result<Self, ReplyError> {
        let mut range = Self { from: ids::start(args.arg(from))?, to: ids::end(args.arg(to))?, count: None };
        for at in (4..args.len()).step_by(2) {
            if !args.is(at, "COUNT") || at + 1 >= args.len() {
                return Err(SYNTAX);
            }
            let count = parse_i64(args.arg(at + 1)).ok_or(NOT_AN_INTEGER)?;
            range.count = Some(u64::try_from(count).unwrap_or(0));
        }
        Ok(range)
    }

    /// The entries, in one order or the other.
    ///
    /// # Errors
    /// WRONGTYPE; or the command may not do as much.
    pub(super) fn run(&self, view: &View<'_>, key: &[u8], is_back: bool) -> Outcome {
        let Some(stream) = view.typed::<Stream>(key)? else { return Ok(Reply::Array(Vec::new())) };
        if self.count == Some(0) {
            return Ok(Reply::NilArray);
        }
        let count = self.count.unwrap_or(u64::MAX);
        say_span(view, stream, Span { is_back, ..Span::first(self.from, self.to, count) })?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let entries = if is_back {
            stream.range_back(self.from, self.to).take(count).map(replies::entry).collect()
        } else {
            stream.range(self.from, self.to).take(count).map(replies::entry).collect()
        };
        Ok(Reply::Array(entries))
    }
}

/// Says how much it is to give entries of a stream.
///
/// # Errors
/// The command may not do as much.
pub(super) fn say_span(view: &View<'_>, stream: &Stream, span: Span) -> Result<(), ReplyError> {
    // Only who is bounded asks; others need not look at the chunks twice.
    if view.is_work_bounded() { view.work(stream.range_units(span, view.work_left())) } else { Ok(()) }
}
