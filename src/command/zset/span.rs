//! The part of a sorted set that ZRANGE and its kin ask for: by rank, score or member, forwards or backwards.

use std::ops::Range;

use super::{numbers, replies};
use crate::command::Outcome;
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{ELEMENT_UNITS, Element, LexRange, ScoreRange, View, ZSet};

const LIMIT_OF_RANKS: ReplyError =
    ReplyError::new("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
const SCORES_OF_LEX: ReplyError =
    ReplyError::new("ERR syntax error, WITHSCORES not supported in combination with BYLEX");

/// By what a part is named.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum By {
    Rank,
    Score,
    Lex,
}

/// What a command says by its name.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// None: it takes BYSCORE and BYLEX.
    pub by: Option<By>,
    /// None: it takes REV.
    pub reverse: Option<bool>,
    /// It takes WITHSCORES.
    pub with_scores: bool,
}

/// What the arguments ask for.
pub(super) struct Request<'a> {
    bounds: Bounds<'a>,
    reverse: bool,
    offset: i64,
    limit: i64,
    with_scores: bool,
}

enum Bounds<'a> {
    Ranks(i64, i64),
    Scores(ScoreRange),
    Members(LexRange<'a>),
}

/// Reads `min max [options]` from argument `first` on.
pub(super) fn request(args: &Args, first: usize, form: Form) -> Result<Request<'_>, ReplyError> {
    let (mut by, mut reverse, mut with_scores, mut offset, mut limit) = (form.by, form.reverse, false, 0, -1);
    let mut at = first + 2;
    while at < args.len() {
        if form.with_scores && args.is(at, "WITHSCORES") {
            with_scores = true;
        } else if args.is(at, "LIMIT") && at + 2 < args.len() {
            (offset, limit) = (numbers::integer(args.arg(at + 1))?, numbers::integer(args.arg(at + 2))?);
            at += 2;
        } else if reverse.is_none() && args.is(at, "REV") {
            reverse = Some(true);
        } else if by.is_none() && args.is(at, "BYLEX") {
            by = Some(By::Lex);
        } else if by.is_none() && args.is(at, "BYSCORE") {
            by = Some(By::Score);
        } else {
            return Err(SYNTAX);
        }
        at += 1;
    }
    let (by, reverse) = (by.unwrap_or(By::Rank), reverse.unwrap_or(false));
    if limit != -1 && by == By::Rank {
        return Err(LIMIT_OF_RANKS);
    }
    if with_scores && by == By::Lex {
        return Err(SCORES_OF_LEX);
    }
    let (from, to) = (args.arg(first), args.arg(first + 1));
    // Backwards the highest comes first; ranks are counted from there then.
    let (min, max) = if reverse { (to, from) } else { (from, to) };
    let bounds = match by {
        By::Rank => Bounds::Ranks(numbers::integer(from)?, numbers::integer(to)?),
        By::Score => Bounds::Scores(numbers::score_range(min, max)?),
        By::Lex => Bounds::Members(numbers::lex_range(min, max)?),
    };
    Ok(Request { bounds, reverse, offset, limit, with_scores })
}

impl Request<'_> {
    /// The ranks in the set's own order.
    fn ranks(&self, set: &ZSet) -> Range<usize> {
        let backwards = |ranks: Range<usize>| set.len() - ranks.end..set.len() - ranks.start;
        // A negative offset is behind everything.
        let skip = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let ranks = match &self.bounds {
            Bounds::Ranks(from, to) => {
                let ranks = numbers::ranks(*from, *to, set.len());
                return if self.reverse { backwards(ranks) } else { ranks };
            }
            Bounds::Scores(range) => {
                let ranks = set.score_ranks(range);
                if self.reverse {
                    ranks.start..ranks.end.saturating_sub(skip).max(ranks.start)
                } else {
                    ranks.start.saturating_add(skip).min(ranks.end)..ranks.end
                }
            }
            Bounds::Members(range) => set.lex_ranks(range, self.reverse, skip),
        };
        // A negative limit is none.
        let len = ranks.len().min(usize::try_from(self.limit).unwrap_or(usize::MAX));
        if self.reverse { ranks.end - len..ranks.end } else { ranks.start..ranks.start + len }
    }

    /// The units (`store::work`) of finding the part, and of going through it.
    pub(super) fn units(&self, set: &ZSet) -> u64 {
        set.lookup_units() + self.ranks(set).len() as u64 * ELEMENT_UNITS
    }

    /// The part.
    pub(super) fn elements<'a>(&self, set: &'a ZSet) -> Vec<Element<'a>> {
        let elements = set.range(self.ranks(set));
        if self.reverse { elements.rev().collect() } else { elements.collect() }
    }
}

/// Answers what is asked of the key in the second argument.
pub(super) fn run(view: &View<'_>, args: &Args, form: Form) -> Outcome {
    let request = request(args, 2, form)?;
    let Some(set) = view.typed::<ZSet>(args.arg(1))? else { return Ok(Reply::Array(Vec::new())) };
    view.work(request.units(set))?;
    Ok(replies::elements(&request.elements(set), request.with_scores))
}
