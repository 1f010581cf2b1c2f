//! HSETEX

use super::field_option::{AT_MILLISECONDS, AT_SECONDS, FieldOption, Found, MILLISECONDS, SECONDS, find};
use super::field_time::FieldTime;
use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, wrong_arity};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, Event, HashEdit, HashLimits, Txn};

pub static SPEC: Spec = Spec::write("hsetex", -6, DOC, run)
    .since(3)
    .event(Event::hash("hset"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| request(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets fields of a hash to values, all or none, and when they expire.",
    since: "8.0.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("condition", ArgKind::OneOf(&[Arg::word("fnx", "FNX"), Arg::word("fxx", "FXX")])).optional(),
        Arg::new(
            "expiration",
            ArgKind::OneOf(&[SECONDS, MILLISECONDS, AT_SECONDS, AT_MILLISECONDS, Arg::word("keepttl", "KEEPTTL")]),
        )
        .optional(),
        Arg::new(
            "fields",
            ArgKind::Block(&[
                Arg::new("numfields", ArgKind::Integer),
                Arg::new(
                    "data",
                    ArgKind::Block(&[Arg::new("field", ArgKind::String), Arg::new("value", ArgKind::String)]),
                )
                .multiple(),
            ]),
        )
        .token("FIELDS"),
    ],
};

const TWO_CONDITIONS: ReplyError = ReplyError::new("ERR Only one of FXX or FNX arguments can be specified");
const TWO_TIMES: ReplyError =
    ReplyError::new("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
const NO_TIME: ReplyError = ReplyError::new("ERR missing expire time");
const NO_NUMBER: ReplyError = ReplyError::new("ERR invalid number of fields");
const MISSING: ReplyError = ReplyError::new("ERR missing FIELDS argument");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// None of the fields is there.
    Fnx,
    /// All of them are.
    Fxx,
}

struct Request {
    condition: Option<Condition>,
    option: FieldOption,
    /// The first field.
    first: usize,
}

/// The options stand in any order, the fields behind them.
fn request(args: &Args) -> Result<Request, ReplyError> {
    let (mut condition, mut option) = (None, FieldOption::Unsaid);
    let mut at = 2;
    while at < args.len() {
        if args.is(at, "FIELDS") {
            let number = args.opt(at + 1).ok_or_else(|| wrong_arity(SPEC.name))?;
            let number = parse_i64(number).filter(|number| *number > 0).ok_or(NO_NUMBER)?;
            let first = at + 2;
            return match (args.len() - first).checked_div(2) {
                Some(pairs) if pairs as u64 == number as u64 && args.len().abs_diff(first).is_multiple_of(2) => {
                    Ok(Request { condition, option, first })
                }
                _ => Err(wrong_arity(SPEC.name)),
            };
        }
        let is_fnx = args.is(at, "FNX");
        at += if is_fnx || args.is(at, "FXX") {
            if condition.is_some() {
                return Err(TWO_CONDITIONS);
            }
            condition = Some(if is_fnx { Condition::Fnx } else { Condition::Fxx });
            1
        } else {
            let unknown = || ReplyError::about("ERR unknown argument: ", args.arg(at), "");
            let found = find(args.arg(at), "KEEPTTL").ok_or_else(unknown)?;
            if option != FieldOption::Unsaid {
                return Err(TWO_TIMES);
            }
            match found {
                Found::Word => {
                    option = FieldOption::Word;
                    1
                }
                Found::Time(time) => {
                    let amount = args.opt(at + 1).ok_or(NO_TIME)?;
                    option = FieldOption::At(FieldTime::read(time, amount, SPEC.name)?);
                    2
                }
            }
        };
    }
    Err(MISSING)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let Request { condition, option, first } = request(args)?;
    let (key, now_ms) = (args.arg(1), txn.now_ms());
    let end_ms = match option {
        FieldOption::At(time) => Some(time.end_ms(now_ms)?),
        FieldOption::Unsaid | FieldOption::Word => None,
    };
    let is_past = end_ms.is_some_and(|end_ms| end_ms <= now_ms);
    let count = (args.len() - first) / 2;
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, key, count, count, limits)?;
    let pairs = || (first..args.len()).step_by(2).map(|at| (args.arg(at), args.arg(at + 1)));
    if is_past {
        txn.call_it(Event::hash("hdel"));
    }
    let set = txn.edit_hash(key, Create::Yes, |hash| {
        let is_there = |hash: &HashEdit<'_>, field: &[u8]| hash.get(field).is_some();
        let allowed = match condition {
            None => true,
            Some(Condition::Fnx) => !pairs().any(|(field, _)| is_there(hash, field)),
            Some(Condition::Fxx) => pairs().all(|(field, _)| is_there(hash, field)),
        };
        if !allowed {
            return Ok((false, Changed(false)));
        }
        if is_past {
            // As if they had been set and had ended at once.
            let removed = pairs().filter(|(field, _)| hash.remove(field)).count();
            return Ok((true, Changed(removed > 0)));
        }
        hash.expect(count, limits);
        for (field, value) in pairs() {
            match option {
                FieldOption::Word => hash.set_keeping(field, value, limits),
                FieldOption::Unsaid | FieldOption::At(_) => hash.set(field, value, limits),
            };
            if end_ms.is_some() {
                hash.set_end(field, end_ms);
            }
        }
        Ok((true, Changed(true)))
    })?;
    let is_set = set.unwrap_or_default();
    if is_set && !is_past && end_ms.is_some() {
        txn.tell(key, Event::hash("hexpire"));
    }
    if is_set && is_past && !txn.exists(key) {
        txn.note_creation(key);
    }
    Ok(Reply::Int(is_set.into()))
}
