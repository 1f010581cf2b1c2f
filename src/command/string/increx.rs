//! INCREX, of Redis 8.8: counts within bounds, and sets when the key expires.
//!
//! Invariant: what would leave the bounds changes nothing, neither the value nor the deadline; with SATURATE it ends at the bound.

use bytes::Bytes;

use super::expire_option::{EXPIRATION_OR_PERSIST, Time};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_A_FLOAT, NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, LongDouble, Reply, parse_i64};
use crate::store::{Deadline, Event, Str, Txn};

pub static SPEC: Spec = Spec::write("increx", -2, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| Counting::parse(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Adds to the number that a key holds, within bounds, and sets when it expires; an absent key counts as 0.",
    since: "8.8.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new(
            "increment",
            ArgKind::OneOf(&[
                Arg::new("float", ArgKind::Double).token("BYFLOAT"),
                Arg::new("integer", ArgKind::Integer).token("BYINT"),
            ]),
        )
        .optional(),
        Arg::new("lowerbound", ArgKind::String).token("LBOUND").optional(),
        Arg::new("upperbound", ArgKind::String).token("UBOUND").optional(),
        Arg::word("saturate", "SATURATE").optional(),
        EXPIRATION_OR_PERSIST,
        Arg::word("enx", "ENX").optional(),
    ],
};

const NO_INTEGER: ReplyError = ReplyError::new("ERR Increment is not an integer or out of range");
const NO_FLOAT: ReplyError = ReplyError::new("ERR Increment is not a valid float");
const INFINITE: ReplyError = ReplyError::new("ERR BYFLOAT increment cannot be Infinity");
const INFINITE_VALUE: ReplyError = ReplyError::new("ERR value cannot be Infinity");
const LOWER_NO_INTEGER: ReplyError = ReplyError::new("ERR LBOUND is not an integer or out of range");
const UPPER_NO_INTEGER: ReplyError = ReplyError::new("ERR UBOUND is not an integer or out of range");
const LOWER_NO_FLOAT: ReplyError = ReplyError::new("ERR LBOUND is not a valid float");
const UPPER_NO_FLOAT: ReplyError = ReplyError::new("ERR UBOUND is not a valid float");
const CROSSED: ReplyError = ReplyError::new("ERR LBOUND can't be greater than UBOUND");
const NO_EXPIRATION: ReplyError = ReplyError::new("ERR ENX flag requires an expiration");
const TOO_FAR: ReplyError = ReplyError::new("ERR applied increment would overflow");

/// A number to add, and the bounds of the sum.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Add {
    Integer { by: i64, from: i64, to: i64 },
    Float { by: LongDouble, from: LongDouble, to: LongDouble },
}

/// What becomes of the deadline.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expiration<'a> {
    /// It stays.
    Unsaid,
    /// There is none afterwards.
    Persist,
    Given(Time, &'a [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Counting<'a> {
    add: Add,
    saturates: bool,
    expiration: Expiration<'a>,
    /// The deadline is only for a key that has none.
    only_new: bool,
}

/// What stands where; each of them once.
#[derive(Default)]
struct Words<'a> {
    integer: Option<&'a [u8]>,
    float: Option<&'a [u8]>,
    lower: Option<&'a [u8]>,
    upper: Option<&'a [u8]>,
    saturates: bool,
    enx: bool,
}

impl<'a> Counting<'a> {
    fn parse(args: &'a Args) -> Result<Self, ReplyError> {
        let (mut words, mut expiration) = (Words::default(), Expiration::Unsaid);
        let mut at = 2;
        while at < args.len() {
            let value = args.opt(at + 1);
            let flag = [("SATURATE", &mut words.saturates), ("ENX", &mut words.enx)];
            if let Some((_, flag)) = flag.into_iter().find(|(word, _)| args.is(at, word)) {
                if std::mem::replace(flag, true) {
                    return Err(SYNTAX);
                }
                at += 1;
                continue;
            }
            if args.is(at, "PERSIST") {
                if expiration != Expiration::Unsaid {
                    return Err(SYNTAX);
                }
                expiration = Expiration::Persist;
                at += 1;
                continue;
            }
            let value = value.ok_or(SYNTAX)?;
            at += 2;
            if let Some(time) = Time::of(args.arg(at - 2)) {
                if expiration != Expiration::Unsaid {
                    return Err(SYNTAX);
                }
                expiration = Expiration::Given(time, value);
                continue;
            }
            let taken = [
                ("BYINT", &mut words.integer),
                ("BYFLOAT", &mut words.float),
                ("LBOUND", &mut words.lower),
                ("UBOUND", &mut words.upper),
            ];
            let place = taken.into_iter().find(|(word, _)| args.is(at - 2, word));
            let (_, place) = place.ok_or(SYNTAX)?;
            if place.replace(value).is_some() {
                return Err(SYNTAX);
            }
        }
        if words.integer.is_some() && words.float.is_some() || words.enx && expiration == Expiration::Persist {
            return Err(SYNTAX);
        }
        if words.enx && expiration == Expiration::Unsaid {
            return Err(NO_EXPIRATION);
        }
        let add = words.add()?;
        if let Expiration::Given(time, amount) = expiration {
            time.until(amount, SPEC.name)?;
        }
        Ok(Self { add, saturates: words.saturates, expiration, only_new: words.enx })
    }
}

impl Words<'_> {
    fn add(&self) -> Result<Add, ReplyError> {
        match self.float {
            Some(by) => {
                let by = LongDouble::parse(by).ok_or(NO_FLOAT)?;
                if !by.is_finite() {
                    return Err(INFINITE);
                }
                let bound = |text: Option<&[u8]>, otherwise, refusal| match text {
                    Some(text) => LongDouble::parse(text).ok_or(refusal),
                    None => Ok(otherwise),
                };
                let from = bound(self.lower, LongDouble::lowest(), LOWER_NO_FLOAT)?;
                let to = bound(self.upper, LongDouble::largest(), UPPER_NO_FLOAT)?;
                if from > to { Err(CROSSED) } else { Ok(Add::Float { by, from, to }) }
            }
            None => {
                let number = |text: Option<&[u8]>, otherwise, refusal| match text {
                    Some(text) => parse_i64(text).ok_or(refusal),
                    None => Ok(otherwise),
                };
                let by = number(self.integer, 1, NO_INTEGER)?;
                let from = number(self.lower, i64::MIN, LOWER_NO_INTEGER)?;
                let to = number(self.upper, i64::MAX, UPPER_NO_INTEGER)?;
                if from > to { Err(CROSSED) } else { Ok(Add::Integer { by, from, to }) }
            }
        }
    }
}

/// What has come of it.
struct Counted {
    /// None: it leaves the bounds.
    value: Option<Str>,
    /// The number, and what was added.
    replies: [Reply; 2],
}

impl Add {
    /// Counts from what the key holds; None: it is absent.
    fn count(self, before: Option<&[u8]>, saturates: bool) -> Result<Counted, ReplyError> {
        match self {
            Self::Integer { by, from, to } => {
                let before = before.map_or(Ok(0), |text| parse_i64(text).ok_or(NOT_AN_INTEGER))?;
                // Two numbers of 64 bits.
                let sum = i128::from(before) + i128::from(by);
                let within = i128::from(from)..=i128::from(to);
                if !saturates && !within.contains(&sum) {
                    return Ok(Counted { value: None, replies: [Reply::Int(before), Reply::Int(0)] });
                }
                let sum = i64::try_from(sum.clamp(*within.start(), *within.end())).map_err(|_| TOO_FAR)?;
                let added = sum.checked_sub(before).ok_or(TOO_FAR)?;
                let value = Str::new(itoa::Buffer::new().format(sum).as_bytes());
                Ok(Counted { value: Some(value), replies: [Reply::Int(sum), Reply::Int(added)] })
            }
            Self::Float { by, from, to } => {
                let before = before.map_or(Ok(LongDouble::ZERO), |text| LongDouble::parse(text).ok_or(NOT_A_FLOAT))?;
                if !before.is_finite() {
                    return Err(INFINITE_VALUE);
                }
                let reply = |number: LongDouble| Reply::DoubleText(Bytes::from(number.to_text()));
                let sum = before + by;
                let is_within = from <= sum && sum <= to && sum.is_finite();
                if !saturates && !is_within {
                    return Ok(Counted { value: None, replies: [reply(before), reply(LongDouble::ZERO)] });
                }
                let bound = if sum < from { from } else { to };
                let sum = if is_within { sum } else { bound };
                let added = if is_within { by } else { sum - before };
                if !sum.is_finite() || !added.is_finite() {
                    return Err(TOO_FAR);
                }
                let value = Str::text(sum.to_text().as_bytes());
                Ok(Counted { value: Some(value), replies: [reply(sum), reply(added)] })
            }
        }
    }

    fn event(self) -> Event {
        Event::string(if let Self::Integer { .. } = self { "incrby" } else { "incrbyfloat" })
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, Counting { add, saturates, expiration, only_new }) = (args.arg(1), Counting::parse(args)?);
    if txn.is_work_bounded() && matches!(add, Add::Float { .. }) {
        let before = txn.typed::<Str>(key)?.map_or(0, Str::len);
        let given = args.from(2).map(|text| LongDouble::text_units(text.len()));
        txn.work(given.fold(LongDouble::text_units(before), u64::saturating_add))?;
    }
    let before = txn.typed::<Str>(key)?.map(|value| value.as_bytes().to_vec());
    let Counted { value, replies } = add.count(before.as_deref(), saturates)?;
    let Some(value) = value else { return Ok(Reply::Array(replies.into())) };
    let had = txn.get(key).and_then(|entry| entry.deadline_ms());
    let deadline_ms = match expiration {
        Expiration::Given(time, amount) if !only_new || had.is_none() => {
            Some(time.until(amount, SPEC.name)?.deadline_ms(txn.now_ms())?)
        }
        _ => None,
    };
    // Known only now: `1e4932` is short.
    txn.work(if let Add::Float { .. } = add { LongDouble::text_units(value.len()) } else { 0 })?;
    match deadline_ms {
        // As if it had been set and had expired at once.
        Some(deadline_ms) if deadline_ms <= txn.now_ms() => _ = txn.remove(key),
        _ => {
            txn.call_it(add.event());
            let clears = expiration == Expiration::Persist;
            let deadline = match deadline_ms {
                Some(deadline_ms) => Deadline::At(deadline_ms),
                None if clears => Deadline::Clear,
                None => Deadline::Keep,
            };
            txn.set(key, value.into(), deadline);
            if deadline_ms.is_some() {
                txn.tell(key, Event::EXPIRE);
            } else if clears && had.is_some() {
                txn.tell(key, Event::PERSIST);
            }
        }
    }
    Ok(Reply::Array(replies.into()))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    /// As Redis 8.8 documents it.
    #[test]
    fn increx_counts_within_bounds_and_tells_what_it_has_added() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("INCREX n", "*2 :1 :1"),
            ("INCREX n BYINT -10", "*2 :-9 :-10"),
            ("INCREX n BYINT 0", "*2 :-9 :0"),
            ("OBJECT ENCODING n", "$3 int"),
            ("SET n 99", "+OK"),
            ("INCREX n BYINT 5 UBOUND 100", "*2 :99 :0"),
            ("INCREX n BYINT 5 UBOUND 100 SATURATE", "*2 :100 :1"),
            ("INCREX n ubound 100", "*2 :100 :0"),
            ("INCREX n BYINT -200 LBOUND -7", "*2 :100 :0"),
            ("INCREX n BYINT -200 LBOUND -7 SATURATE", "*2 :-7 :-107"),
            ("INCREX n BYINT 7 LBOUND 0 UBOUND 0", "*2 :0 :7"),
            // From outside of the bounds.
            ("SET n 50", "+OK"),
            ("INCREX n BYINT 5 UBOUND 30", "*2 :50 :0"),
            ("INCREX n BYINT -5 UBOUND 30 SATURATE", "*2 :30 :-20"),
            ("INCREX n BYINT -35 UBOUND -1 LBOUND -5", "*2 :-5 :-35"),
            // The bounds of all numbers.
            ("SET n 9223372036854775800", "+OK"),
            ("INCREX n BYINT 8", "*2 :9223372036854775800 :0"),
            ("INCREX n BYINT 8 SATURATE", "*2 :9223372036854775807 :7"),
            ("INCREX n SATURATE UBOUND -9223372036854775808", "-ERR applied increment would overflow"),
            ("INCREX n BYINT -9223372036854775808", "*2 :-1 :-9223372036854775808"),
            ("INCREX n BYINT -9223372036854775808 SATURATE", "*2 :-9223372036854775808 :-9223372036854775807"),
            ("SET n 9223372036854775807", "+OK"),
            ("INCREX absent BYINT 15 UBOUND 10", "*2 :0 :0"),
            ("INCREX absent LBOUND 5 EX 10", "*2 :0 :0"),
            ("EXISTS absent", ":0"),
            ("INCREX absent LBOUND 5 SATURATE", "*2 :5 :5"),
            ("SET f 1.5", "+OK"),
            ("INCREX f BYFLOAT 0.25", "*2 $4 1.75 $4 0.25"),
            ("INCREX f", "-ERR value is not an integer or out of range"),
            ("INCREX f BYFLOAT 10 UBOUND 10.5", "*2 $4 1.75 $1 0"),
            ("INCREX f BYFLOAT 10 UBOUND 10.5 SATURATE", "*2 $4 10.5 $4 8.75"),
            ("INCREX f BYFLOAT -100 LBOUND -5.5 SATURATE", "*2 $4 -5.5 $3 -16"),
            ("GET f", "$4 -5.5"),
            ("INCREX f BYFLOAT 5.5 LBOUND 0 UBOUND 0", "*2 $1 0 $3 5.5"),
            ("OBJECT ENCODING f", "$6 embstr"),
            ("INCREX n BYFLOAT 1", "*2 $19 9223372036854775808 $1 1"),
            ("SET i inf", "+OK"),
            ("INCREX i BYFLOAT 1", "-ERR value cannot be Infinity"),
            ("INCREX f BYFLOAT +inf", "-ERR BYFLOAT increment cannot be Infinity"),
            ("INCREX h", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("INCREX h BYFLOAT 1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("SET s hello", "+OK"),
            ("INCREX s BYFLOAT 1", "-ERR value is not a valid float"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.text3("INCREX f BYFLOAT 1.5"), "*2 ,1.5 ,1.5");
        bench.run("SET big 1e4932");
        assert!(bench.text("INCREX big BYFLOAT 1e4932").ends_with("$1 0"), "as the largest one is a bound");
    }

    #[test]
    fn increx_sets_keeps_or_takes_the_deadline_and_changes_nothing_beyond_a_bound() {
        let mut bench = Bench::new();
        let now_ms = bench.now_ms;
        for (line, deadline_ms) in [
            ("INCREX n", None),
            ("INCREX n EX 10", Some(now_ms + 10_000)),
            ("INCREX n", Some(now_ms + 10_000)),
            ("INCREX n PX 5 ENX", Some(now_ms + 10_000)),
            ("INCREX n PXAT 1 ENX", Some(now_ms + 10_000)),
            ("INCREX n PX 5 UBOUND 0", Some(now_ms + 10_000)),
            ("INCREX n PERSIST UBOUND 0", Some(now_ms + 10_000)),
            ("INCREX n PERSIST", None),
            ("INCREX n PXAT 1800000000001 ENX", Some(1_800_000_000_001)),
            ("INCREX n EXAT 1800000000", Some(1_800_000_000_000)),
            ("INCREX n PX 7 SATURATE UBOUND 3", Some(now_ms + 7)),
        ] {
            let before = bench.revision("n");
            bench.run(line);
            assert_eq!(bench.deadline_ms("n"), deadline_ms, "{line}");
            assert_eq!(bench.revision("n") == before, line.ends_with("UBOUND 0"), "{line}");
        }
        assert_eq!(bench.text("GET n"), "$1 3");
        assert_eq!(bench.text("INCREX n PXAT 1"), "*2 :4 :1");
        assert_eq!(bench.text("EXISTS n"), ":0");
    }

    #[test]
    fn increx_refuses_what_contradicts_itself() {
        let mut bench = Bench::new();
        const SYNTAX: &str = "-ERR syntax error";
        for (options, text) in [
            ("FOO", SYNTAX),
            ("BYINT", SYNTAX),
            ("BYINT 1 BYFLOAT 1", SYNTAX),
            ("BYINT 1 BYINT 1", SYNTAX),
            ("LBOUND 1 LBOUND 1", SYNTAX),
            ("SATURATE SATURATE", SYNTAX),
            ("EX 1 EX 1", SYNTAX),
            ("EX 1 PX 1", SYNTAX),
            ("EX 1 PERSIST", SYNTAX),
            ("PERSIST PERSIST", SYNTAX),
            ("PERSIST ENX", SYNTAX),
            ("EX 1 ENX ENX", SYNTAX),
            ("ENX", "-ERR ENX flag requires an expiration"),
            ("BYINT 1.5", "-ERR Increment is not an integer or out of range"),
            ("BYFLOAT abc", "-ERR Increment is not a valid float"),
            ("LBOUND abc", "-ERR LBOUND is not an integer or out of range"),
            ("UBOUND 1.5", "-ERR UBOUND is not an integer or out of range"),
            ("BYFLOAT 1 LBOUND abc", "-ERR LBOUND is not a valid float"),
            ("BYFLOAT 1 UBOUND abc", "-ERR UBOUND is not a valid float"),
            ("LBOUND 2 UBOUND 1", "-ERR LBOUND can't be greater than UBOUND"),
            ("BYFLOAT 1 LBOUND 1.5 UBOUND 1.4", "-ERR LBOUND can't be greater than UBOUND"),
            ("EX 0", "-ERR invalid expire time in 'increx' command"),
            ("PX -1", "-ERR invalid expire time in 'increx' command"),
            ("EX x", "-ERR value is not an integer or out of range"),
        ] {
            assert_eq!(bench.text(&format!("INCREX k {options}")), text, "{options}");
        }
        assert_eq!(bench.text("EXISTS k"), ":0");
    }
}
