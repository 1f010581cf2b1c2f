//! XCLAIM

use super::consumers;
use super::ids::{self, say_ids};
use super::replies;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ASSIGN_UNITS, Changed, Create, Delivery, Stream, StreamId, Txn};

pub static SPEC: Spec = Spec::write("xclaim", -6, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Gives pending entries to another consumer of the group, as if they were delivered to it.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N*log(M)) with the number of ids and of pending entries",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("group", ArgKind::String),
        Arg::new("consumer", ArgKind::String),
        Arg::new("min-idle-time", ArgKind::String),
        Arg::new("id", ArgKind::String).multiple(),
        Arg::new("ms", ArgKind::Integer).token("IDLE").optional(),
        Arg::new("unix-time-milliseconds", ArgKind::UnixTime).token("TIME").optional(),
        Arg::new("count", ArgKind::Integer).token("RETRYCOUNT").optional(),
        Arg::word("force", "FORCE").optional(),
        Arg::word("justid", "JUSTID").optional(),
        Arg::new("lastid", ArgKind::String).token("LASTID").optional(),
    ],
};

const MIN_IDLE: ReplyError = ReplyError::new("ERR Invalid min-idle-time argument for XCLAIM");
const IDLE: ReplyError = ReplyError::new("ERR Invalid IDLE option argument for XCLAIM");
const TIME: ReplyError = ReplyError::new("ERR Invalid TIME option argument for XCLAIM");
const RETRYCOUNT: ReplyError = ReplyError::new("ERR Invalid RETRYCOUNT option argument for XCLAIM");

struct Claim<'a> {
    group: &'a [u8],
    consumer: &'a [u8],
    min_idle_ms: u64,
    ids: Vec<StreamId>,
    delivered_ms: u64,
    deliveries: Option<u64>,
    is_forced: bool,
    wants_ids: bool,
    last_id: StreamId,
    now_ms: u64,
}

impl<'a> Claim<'a> {
    fn parse(args: &'a Args, now_ms: u64) -> Result<Self, ReplyError> {
        let min_idle = parse_i64(args.arg(4)).ok_or(MIN_IDLE)?;
        let ids: Vec<StreamId> = args.from(5).map_while(|arg| ids::strict(arg).ok()).collect();
        let mut claim = Self {
            group: args.arg(2),
            consumer: args.arg(3),
            min_idle_ms: u64::try_from(min_idle).unwrap_or(0),
            ids,
            delivered_ms: now_ms,
            deliveries: None,
            is_forced: false,
            wants_ids: false,
            last_id: StreamId::ZERO,
            now_ms,
        };
        let mut at = 5 + claim.ids.len();
        while at < args.len() {
            let value = args.opt(at + 1);
            let number = |refusal: ReplyError| value.and_then(parse_i64).ok_or(refusal);
            // Of a time that cannot be one the present stands in the place.
            let sane = |ms: i64| u64::try_from(ms).ok().filter(|ms| *ms <= now_ms).unwrap_or(now_ms);
            at += if args.is(at, "FORCE") {
                claim.is_forced = true;
                1
            } else if args.is(at, "JUSTID") {
                claim.wants_ids = true;
                1
            } else if args.is(at, "IDLE") && value.is_some() {
                claim.delivered_ms = sane((now_ms as i64).wrapping_sub(number(IDLE)?));
                2
            } else if args.is(at, "TIME") && value.is_some() {
                claim.delivered_ms = sane(number(TIME)?);
                2
            } else if args.is(at, "RETRYCOUNT") && value.is_some() {
                claim.deliveries = u64::try_from(number(RETRYCOUNT)?).ok();
                2
            } else if args.is(at, "LASTID")
                && let Some(id) = value
            {
                claim.last_id = ids::strict(id)?;
                2
            } else {
                return Err(ReplyError::about("ERR Unrecognized XCLAIM option '", args.arg(at), "'"));
            };
        }
        Ok(claim)
    }

    /// Units of claiming one entry, at most.
    fn units(&self, stream: &Stream, id: StreamId) -> u64 {
        ASSIGN_UNITS + if self.wants_ids { stream.seek_units(id) } else { stream.entry_units(id) }
    }

    /// Claims one entry: its reply, if it is claimed.
    fn take(&self, stream: &mut Stream, id: StreamId) -> Option<Reply> {
        let Some(entry) = stream.get(id) else {
            // It is gone, and nobody can process it any more.
            stream.change_group(self.group, |group| group.acknowledge(id));
            return None;
        };
        let held = stream.group(self.group)?.pending(id);
        let before = match held {
            Some(held) => {
                let idle_ms = self.now_ms.saturating_sub(held.delivered_ms);
                if idle_ms < self.min_idle_ms {
                    return None;
                }
                held.deliveries
            }
            None if self.is_forced => 1,
            None => return None,
        };
        let reply = if self.wants_ids { replies::id(id) } else { replies::entry(entry) };
        let counted = if self.wants_ids { before } else { before.wrapping_add(1) };
        let delivery = Delivery { at_ms: self.delivered_ms, deliveries: self.deliveries.unwrap_or(counted) };
        stream.change_group(self.group, |group| group.assign(id, self.consumer, delivery, self.now_ms));
        Some(reply)
    }

    fn run(&self, stream: &mut Stream) -> Vec<Reply> {
        stream.change_group(self.group, |group| {
            group.last_id = group.last_id.max(self.last_id);
            group.see(self.consumer, self.now_ms);
        });
        self.ids.iter().filter_map(|id| self.take(stream, *id)).collect()
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, group) = (args.arg(1), args.arg(2));
    if txn.read_typed::<Stream>(key)?.is_none_or(|stream| stream.group(group).is_none()) {
        return Err(replies::no_key_or_group(key, group, ""));
    }
    let claim = Claim::parse(args, txn.now_ms())?;
    say_ids(txn, key, &claim.ids, |stream, id| claim.units(stream, id))?;
    let claimed = consumers::told(txn, (key, group, claim.consumer), |txn| {
        txn.edit_quietly(key, Create::No, |stream: &mut Stream| Ok((claim.run(stream), Changed(true))))
    })?;
    Ok(Reply::Array(claimed.unwrap_or_default()))
}
