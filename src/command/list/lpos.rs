//! LPOS

use super::ends::number_from;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{List, View};

pub static SPEC: Spec = Spec::read("lpos", -3, DOC, run)
    .since(3)
    .check(|args| Options::parse(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns at which index, or indices, a list has elements that are equal to the one given.",
    since: "6.0.6",
    group: Family::List,
    complexity: "O(N) with the number of elements of the list",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("element", ArgKind::String),
        Arg::new("rank", ArgKind::Integer).token("RANK").optional(),
        Arg::new("num-matches", ArgKind::Integer).token("COUNT").optional(),
        Arg::new("len", ArgKind::Integer).token("MAXLEN").optional(),
    ],
};

const RANK_ZERO: ReplyError = ReplyError::new(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of \
     the list",
);
const RANK_OUT_OF_RANGE: ReplyError =
    ReplyError::new("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");

struct Options {
    /// Which of the matches is the first to be returned, from 1 on.
    rank: usize,
    is_from_tail: bool,
    /// How many are returned, 0 = all; None: one that is no array.
    count: Option<usize>,
    /// How many elements are looked at.
    len_max: usize,
}

impl Options {
    fn parse(args: &Args) -> Result<Self, ReplyError> {
        const COUNT: ReplyError = ReplyError::new("ERR COUNT can't be negative");
        const MAXLEN: ReplyError = ReplyError::new("ERR MAXLEN can't be negative");
        let mut options = Self { rank: 1, is_from_tail: false, count: None, len_max: usize::MAX };
        for at in (3..args.len()).step_by(2) {
            let value = args.opt(at + 1).ok_or(SYNTAX)?;
            if args.is(at, "RANK") {
                let rank = match parse_i64(value).ok_or(NOT_AN_INTEGER)? {
                    i64::MIN => return Err(RANK_OUT_OF_RANGE),
                    0 => return Err(RANK_ZERO),
                    rank => rank,
                };
                (options.rank, options.is_from_tail) = (rank.unsigned_abs() as usize, rank < 0);
            } else if args.is(at, "COUNT") {
                options.count = Some(number_from(value, 0, COUNT)?);
            } else if args.is(at, "MAXLEN") {
                options.len_max = Some(number_from(value, 0, MAXLEN)?).filter(|len| *len > 0).unwrap_or(usize::MAX);
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(options)
    }

    /// Indices of the matches that are returned.
    fn matches(&self, list: &List, element: &[u8]) -> Vec<Reply> {
        let count = self.count.map_or(1, |count| if count == 0 { usize::MAX } else { count });
        let is_match = |(place, present): (usize, &[u8])| (present == element).then_some(place);
        let skipped = self.rank - 1;
        let len = list.len();
        let reply = |place: usize| Reply::Int(place as i64);
        if self.is_from_tail {
            let places = list.iter().rev().take(self.len_max).enumerate().filter_map(is_match);
            places.skip(skipped).take(count).map(|place| reply(len - 1 - place)).collect()
        } else {
            list.iter()
                .take(self.len_max)
                .enumerate()
                .filter_map(is_match)
                .skip(skipped)
                .take(count)
                .map(reply)
                .collect()
        }
    }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let options = Options::parse(args)?;
    let list = view.typed::<List>(args.arg(1))?;
    view.work(list.map_or(0, List::iter_units))?;
    let matches = list.map(|list| options.matches(list, args.arg(2))).unwrap_or_default();
    Ok(match options.count {
        Some(_) => Reply::Array(matches),
        None => matches.into_iter().next().unwrap_or(Reply::Nil),
    })
}
