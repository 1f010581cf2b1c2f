//! Setting and raising scores: ZADD and ZINCRBY.

use super::{member_work, numbers, replies};
use crate::command::Outcome;
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Txn, ZSet, ZSetLimits};

const NX_AND_XX: ReplyError = ReplyError::new("ERR XX and NX options at the same time are not compatible");
const GT_LT_NX: ReplyError = ReplyError::new("ERR GT, LT, and/or NX options at the same time are not compatible");
const ONE_PAIR: ReplyError = ReplyError::new("ERR INCR option supports a single increment-element pair");
const NOT_A_NUMBER: ReplyError = ReplyError::new("ERR resulting score is not a number (NaN)");

/// What the arguments ask for.
#[derive(Default)]
pub(in crate::command) struct Request {
    pub nx: bool,
    pub xx: bool,
    pub gt: bool,
    pub lt: bool,
    pub ch: bool,
    pub incr: bool,
    /// The argument that holds the first score, or what a score is made of.
    pub first: usize,
    /// How many arguments a score is made of.
    pub width: usize,
    pub scores: Vec<f64>,
}

/// The first member and its score, if there are no options.
pub(super) fn name(args: &Args, key: usize) -> (Option<&[u8]>, Option<f64>) {
    (args.opt(key + 2), args.opt(key + 1).and_then(|score| numbers::score(score).ok()))
}

/// Reads `key [options] score member [score member …]`. `incr`: the command says INCR by its name. As in Redis, it takes options all the
/// same.
pub(super) fn request(args: &Args, incr: bool) -> Result<Request, ReplyError> {
    let mut request = Request { incr, first: 2, width: 1, ..Request::default() };
    while request.first < args.len() {
        let options = [
            ("NX", &mut request.nx),
            ("XX", &mut request.xx),
            ("GT", &mut request.gt),
            ("LT", &mut request.lt),
            ("CH", &mut request.ch),
            ("INCR", &mut request.incr),
        ];
        let given = options.into_iter().find(|(name, _)| args.is(request.first, name));
        let Some((_, option)) = given else { break };
        *option = true;
        request.first += 1;
    }
    let rest = args.len() - request.first;
    if rest == 0 || !rest.is_multiple_of(2) {
        return Err(SYNTAX);
    }
    if request.nx && request.xx {
        return Err(NX_AND_XX);
    }
    if [request.gt, request.lt, request.nx].into_iter().filter(|option| *option).count() > 1 {
        return Err(GT_LT_NX);
    }
    if request.incr && rest > 2 {
        return Err(ONE_PAIR);
    }
    let scores = (request.first..args.len()).step_by(2).map(|at| numbers::score(args.arg(at)));
    request.scores = scores.collect::<Result<_, _>>()?;
    Ok(request)
}

/// What became of one member.
#[derive(PartialEq)]
enum Step {
    Added,
    Updated,
    /// It has the score already.
    Same,
    /// An option forbids it.
    Skipped,
}

pub(super) fn run(txn: &mut Txn<'_>, args: &Args, incr: bool) -> Outcome {
    apply(txn, args, &request(args, incr)?)
}

/// Does what is asked for.
pub(in crate::command) fn apply(txn: &mut Txn<'_>, args: &Args, request: &Request) -> Outcome {
    let limits = ZSetLimits::from(&txn.state().options);
    let (count, create) = (request.scores.len(), if request.xx { Create::No } else { Create::Yes });
    member_work::announce_members(txn, args.arg(1), count, count, limits)?;
    let member = |at: usize| args.arg(request.first + (request.width + 1) * at + request.width);
    txn.call_it(Event::zset(if request.incr { "zincr" } else { "zadd" }));
    let done = txn.edit(args.arg(1), create, |set: &mut ZSet| {
        set.expect(count, limits);
        let (mut added, mut updated, mut result) = (0, 0, None);
        for (at, score) in request.scores.iter().enumerate() {
            // Only INCR can fail, which has one member: so nothing has changed then.
            let (step, score) = one(set, member(at), *score, request, limits)?;
            added += i64::from(step == Step::Added);
            updated += i64::from(step == Step::Updated);
            if step != Step::Skipped {
                result = Some(score);
            }
        }
        Ok(((added, updated, result), Changed(added + updated > 0)))
    })?;
    let (added, updated, result) = done.unwrap_or_default();
    Ok(match request {
        Request { incr: true, .. } => replies::score(result),
        Request { ch: true, .. } => Reply::Int(added + updated),
        _ => Reply::Int(added),
    })
}

/// What happens to a member, and the score that it has afterwards.
fn one(
    set: &mut ZSet,
    member: &[u8],
    score: f64,
    request: &Request,
    limits: ZSetLimits,
) -> Result<(Step, f64), ReplyError> {
    let Some(before) = set.get(member) else {
        if request.xx {
            return Ok((Step::Skipped, score));
        }
        set.set(member, score, limits);
        return Ok((Step::Added, score));
    };
    if request.nx {
        return Ok((Step::Skipped, before));
    }
    let score = if request.incr { before + score } else { score };
    if score.is_nan() {
        return Err(NOT_A_NUMBER);
    }
    if (request.lt && score >= before) || (request.gt && score <= before) {
        return Ok((Step::Skipped, before));
    }
    if score == before {
        return Ok((Step::Same, score));
    }
    set.set(member, score, limits);
    Ok((Step::Updated, score))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::registry::lookup;

    /// The name that a command is expected to be about, and the score.
    fn about(words: &[&str]) -> (Option<String>, Option<f64>) {
        let args = Args::from_slices(words.iter().map(|word| word.as_bytes()));
        let about = lookup(args.arg(0)).unwrap().about(0, &args).unwrap();
        (about.name.map(|name| String::from_utf8_lossy(name).into()), about.score)
    }

    #[test]
    fn a_member_is_expected_where_each_command_has_it() {
        let named = |name: &str, score| (Some(name.to_owned()), score);
        assert_eq!(about(&["ZADD", "z", "1.5", "a", "2", "b"]), named("a", Some(1.5)));
        assert_eq!(about(&["ZADD", "z", "x"]), (None, None));
        assert_eq!(about(&["ZINCRBY", "z", "2", "a"]), named("a", None));
        assert_eq!(about(&["ZSCORE", "z", "a"]), named("a", None));
        let (member, score) = about(&["GEOADD", "z", "13", "52", "a"]);
        assert_eq!((member.as_deref(), score.is_some_and(|score| score > 0.0)), (Some("a"), true));
    }
}
