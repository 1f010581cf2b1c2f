//! XCFGSET, of Redis 8.6: how long a stream knows the ids of its producers' messages, and how many.

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NO_SUCH_KEY, NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, ProducerTerms, Stream, Txn};

pub static SPEC: Spec = Spec::write("xcfgset", -2, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| Wanted::parse(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets how long a stream knows under which ids its producers have sent messages, and how many of them.",
    since: "8.6.0",
    group: Family::Stream,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("idmp-duration", ArgKind::Integer).token("IDMP-DURATION").optional(),
        Arg::new("idmp-maxsize", ArgKind::Integer).token("IDMP-MAXSIZE").optional(),
    ],
};

const DURATION: ReplyError = ReplyError::new("ERR IDMP-DURATION must be between 1 and 86400 seconds");
const MAXSIZE: ReplyError = ReplyError::new("ERR IDMP-MAXSIZE must be between 1 and 10000 entries");
const TWO_DURATIONS: ReplyError = ReplyError::new("ERR IDMP-DURATION specified multiple times");
const TWO_MAXSIZES: ReplyError = ReplyError::new("ERR IDMP-MAXSIZE specified multiple times");
const NOTHING: ReplyError = ReplyError::new("ERR At least one parameter must be specified");

#[derive(Default)]
struct Wanted {
    duration_s: Option<u64>,
    ids_max: Option<u64>,
}

impl Wanted {
    fn parse(args: &Args) -> Result<Self, ReplyError> {
        let mut wanted = Self::default();
        for at in (2..args.len()).step_by(2) {
            let is_duration = args.is(at, "IDMP-DURATION");
            if !is_duration && !args.is(at, "IDMP-MAXSIZE") {
                return Err(SYNTAX);
            }
            let value = args.opt(at + 1).ok_or(SYNTAX)?;
            let (place, twice, refusal, most) = if is_duration {
                (&mut wanted.duration_s, TWO_DURATIONS, DURATION, ProducerTerms::DURATION_MAX_S)
            } else {
                (&mut wanted.ids_max, TWO_MAXSIZES, MAXSIZE, ProducerTerms::IDS_MAX)
            };
            if place.is_some() {
                return Err(twice);
            }
            let number = parse_i64(value).ok_or(NOT_AN_INTEGER)?;
            *place = Some(u64::try_from(number).ok().filter(|number| (1..=most).contains(number)).ok_or(refusal)?);
        }
        if wanted.duration_s.is_none() && wanted.ids_max.is_none() { Err(NOTHING) } else { Ok(wanted) }
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let Wanted { duration_s, ids_max } = Wanted::parse(args)?;
    let set = txn.edit_quietly(args.arg(1), Create::No, |stream: &mut Stream| {
        let before = stream.producer_terms();
        let terms = ProducerTerms {
            duration_s: duration_s.unwrap_or(before.duration_s),
            ids_max: ids_max.unwrap_or(before.ids_max),
        };
        let forgotten = stream.set_producer_terms(terms);
        let is_changed = forgotten.is_some();
        Ok((forgotten, Changed(is_changed)))
    })?;
    if let Some(forgotten) = set.ok_or(NO_SUCH_KEY)? {
        txn.discard_ids(forgotten);
    }
    Ok(Reply::Ok)
}
