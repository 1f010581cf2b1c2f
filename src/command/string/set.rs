//! SET

#[cfg(test)]
mod tests;

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, NewerForm, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Event, Str, Txn};

use super::compare::Comparison;
use super::expire_option::{Expiry, Until, make_until, set_until};

pub static SPEC: Spec = Spec::write("set", -3, DOC, run)
    .event(Event::string("set"))
    .flags(Flags::DENYOOM)
    .check(|args| options(args).map(drop))
    .newer_form(newer_form)
    .given_keys(given_keys)
    .keys(&[KeySpec::first(
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE).union(KeyFlags::VARIABLE_FLAGS),
    )]);

const DOC: Doc = Doc {
    summary: "Sets a key to a string, whatever it held before.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("value", ArgKind::String),
        Arg::new(
            "condition",
            ArgKind::OneOf(&[
                Arg::word("nx", "NX"),
                Arg::word("xx", "XX"),
                Arg::new("ifeq-value", ArgKind::String).token("IFEQ"),
                Arg::new("ifne-value", ArgKind::String).token("IFNE"),
                Arg::new("ifdeq-digest", ArgKind::String).token("IFDEQ"),
                Arg::new("ifdne-digest", ArgKind::String).token("IFDNE"),
                Arg::new("revision", ArgKind::Integer).token("IFREV"),
            ]),
        )
        .optional(),
        Arg::word("get", "GET").optional(),
        EXPIRATION,
    ],
};

/// Words that let SET look at what the key holds.
const COMPARING: [&str; 5] = ["ifeq", "ifne", "ifdeq", "ifdne", "ifrev"];

/// The key is overwritten, unless the word GET asks for what it held, or it is compared. Redis looks at all that stands behind the value.
fn given_keys(args: &Args) -> Vec<(usize, KeyFlags)> {
    let has = |word: &str| (3..args.len()).any(|at| args.is(at, word));
    let flags = if has("get") {
        KeyFlags::RW.union(KeyFlags::ACCESS)
    } else if COMPARING.iter().any(|word| has(word)) {
        KeyFlags::RW
    } else {
        KeyFlags::OW
    };
    vec![(1, flags.union(KeyFlags::UPDATE))]
}

/// EX, PX, EXAT, PXAT or KEEPTTL.
pub(super) const EXPIRATION: Arg = Arg::new(
    "expiration",
    ArgKind::OneOf(&[
        Arg::new("seconds", ArgKind::Integer).token("EX"),
        Arg::new("milliseconds", ArgKind::Integer).token("PX"),
        Arg::new("unix-time-seconds", ArgKind::UnixTime).token("EXAT"),
        Arg::new("unix-time-milliseconds", ArgKind::UnixTime).token("PXAT"),
        Arg::word("keepttl", "KEEPTTL"),
    ]),
)
.optional();

/// What a key has to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition<'a> {
    /// NX
    Absent,
    /// XX
    Present,
    Compared(Comparison<'a>),
}

/// What becomes of the deadline.
#[derive(Clone, Copy)]
pub(super) enum Lifetime {
    Endless,
    Kept,
    Until(Until),
}

impl Lifetime {
    /// What the options of `command` say.
    ///
    /// # Errors
    /// The amount is none.
    pub(super) fn of(expiry: Expiry<'_>, command: &'static str) -> Result<Self, ReplyError> {
        Ok(match expiry {
            Expiry::Unsaid => Self::Endless,
            Expiry::Word => Self::Kept,
            Expiry::Given(time, amount) => Self::Until(time.until(amount, command)?),
        })
    }

    /// What it means at this cluster time.
    ///
    /// # Errors
    /// It leaves the range of i64 ms.
    pub(super) fn deadline(self, now_ms: u64) -> Result<Deadline, ReplyError> {
        Ok(match self {
            Self::Endless => Deadline::Clear,
            Self::Kept => Deadline::Keep,
            Self::Until(until) => Deadline::At(until.deadline_ms(now_ms)?),
        })
    }
}

/// The options as words, amounts unread.
struct Words<'a> {
    condition: Option<Condition<'a>>,
    get: bool,
    expiry: Expiry<'a>,
}

fn words(args: &Args) -> Result<Words<'_>, ReplyError> {
    let mut words = Words { condition: None, get: false, expiry: Expiry::Unsaid };
    let mut at = 3;
    while at < args.len() {
        let (taken, found) = if args.is(at, "NX") {
            (1, Some(Condition::Absent))
        } else if args.is(at, "XX") {
            (1, Some(Condition::Present))
        } else if args.is(at, "GET") {
            words.get = true;
            (1, None)
        } else if let Some(comparison) = Comparison::at(args, at) {
            (2, Some(Condition::Compared(comparison)))
        } else {
            (words.expiry.take(args, at, "KEEPTTL").ok_or(SYNTAX)?, None)
        };
        if let Some(found) = found {
            words.condition = match (words.condition, found) {
                (Some(Condition::Compared(before)), Condition::Compared(now)) if !before.is_like(now) => {
                    return Err(SYNTAX);
                }
                (Some(Condition::Compared(_)), Condition::Compared(_)) | (None, _) => Some(found),
                (Some(before), _) if before == found => Some(found),
                _ => return Err(SYNTAX),
            };
        }
        at += taken;
    }
    Ok(words)
}

/// Comparisons came with feature level 3. A binary without them answers a syntax error, because it finds one before it reads amounts.
fn newer_form(args: &Args) -> Option<NewerForm> {
    let may_compare =
        args.len() > 4 && args.from(3).any(|word| word.get(..2).is_some_and(|two| two.eq_ignore_ascii_case(b"IF")));
    let compares =
        may_compare && words(args).is_ok_and(|words| matches!(words.condition, Some(Condition::Compared(_))));
    compares.then_some(NewerForm { since: 3, before: SYNTAX })
}

struct Options<'a> {
    condition: Option<Condition<'a>>,
    get: bool,
    lifetime: Lifetime,
}

fn options(args: &Args) -> Result<Options<'_>, ReplyError> {
    let Words { condition, get, expiry } = words(args)?;
    // Behind the whole syntax, and the last amount only, as in Redis.
    let lifetime = Lifetime::of(expiry, SPEC.name)?;
    if let Some(Condition::Compared(comparison)) = condition {
        comparison.check()?;
    }
    Ok(Options { condition, get, lifetime })
}

impl Options<'_> {
    /// True if OK says that the caller's value is there now, which was not there before.
    fn is_plain_nx(&self) -> bool {
        self.condition == Some(Condition::Absent) && !self.get
    }
}

/// With `idempotent-set-nx`: true if NX made the present `key` with exactly this value, so this is the same request once more. The later
/// deadline wins; the revision, and with it the fencing token, stays.
fn is_sent_again(txn: &mut Txn<'_>, key: &[u8], value: &[u8], deadline: Deadline) -> bool {
    if txn.state().options.idempotent_set_nx == 0 {
        return false;
    }
    let Some(entry) = txn.get(key) else { return false };
    let is_same = entry.value().typed::<Str>().is_ok_and(|held| held.as_bytes() == value);
    if !entry.is_made_by_nx() || !is_same {
        return false;
    }
    let before = entry.deadline_ms();
    let later = match (before, deadline) {
        (before, Deadline::Keep) => before,
        (None, _) | (_, Deadline::Clear) => None,
        (Some(before), Deadline::At(at)) => Some(before.max(at)),
    };
    if later != before {
        txn.set_deadline(key, later);
    }
    true
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, value) = (args.arg(1), args.arg(2));
    let options = options(args)?;
    let deadline = options.lifetime.deadline(txn.now_ms())?;
    let before = if options.get { txn.read_typed::<Str>(key)?.map(Str::to_bytes) } else { None };
    let met = match options.condition {
        None => true,
        Some(Condition::Absent) => !txn.exists(key),
        Some(Condition::Present) => txn.exists(key),
        Some(Condition::Compared(comparison)) => comparison.holds(txn, key)?,
    };
    if met {
        match deadline {
            _ if options.condition == Some(Condition::Absent) => make_until(txn, key, Str::new(value), deadline),
            Deadline::At(at) => set_until(txn, key, Str::new(value), at),
            _ => txn.set(key, Str::new(value).into(), deadline),
        }
    }
    let met = met || options.is_plain_nx() && is_sent_again(txn, key, value, deadline);
    Ok(match before {
        Some(before) => Reply::Bulk(before),
        None if met && !options.get => Reply::Ok,
        None => Reply::Nil,
    })
}
