//! XAUTOCLAIM

use super::consumers;
use super::{ids, replies};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ASSIGN_UNITS, Changed, Create, Delivery, Group, Pending, Stream, StreamId, Txn, total_units};

pub static SPEC: Spec = Spec::write("xautoclaim", -6, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| Claim::parse(args, 0).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Gives entries that are pending for long to another consumer of the group, as if they were delivered to it.",
    since: "6.2.0",
    group: Family::Stream,
    complexity: "O(N*log(M)) with COUNT and the number of pending entries",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("group", ArgKind::String),
        Arg::new("consumer", ArgKind::String),
        Arg::new("min-idle-time", ArgKind::String),
        Arg::new("start", ArgKind::String),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
        Arg::word("justid", "JUSTID").optional(),
    ],
};

const MIN_IDLE: ReplyError = ReplyError::new("ERR Invalid min-idle-time argument for XAUTOCLAIM");
const NO_COUNT: ReplyError = ReplyError::new("ERR COUNT must be > 0");
/// Without COUNT.
const COUNT: usize = 100;
const COUNT_MAX: i64 = i64::MAX / 16;
/// Entries looked at for each that may be claimed.
const LOOKS: usize = 10;

struct Claim<'a> {
    group: &'a [u8],
    consumer: &'a [u8],
    min_idle_ms: u64,
    from: StreamId,
    count: usize,
    wants_ids: bool,
    now_ms: u64,
}

/// What became of the entries that were looked at.
#[derive(Default)]
struct Claimed {
    entries: Vec<Reply>,
    gone: Vec<Reply>,
    next: StreamId,
}

impl<'a> Claim<'a> {
    fn parse(args: &'a Args, now_ms: u64) -> Result<Self, ReplyError> {
        let min_idle = parse_i64(args.arg(4)).ok_or(MIN_IDLE)?;
        let mut claim = Self {
            group: args.arg(2),
            consumer: args.arg(3),
            min_idle_ms: u64::try_from(min_idle).unwrap_or(0),
            from: ids::start(args.arg(5))?,
            count: COUNT,
            wants_ids: false,
            now_ms,
        };
        let mut at = 6;
        while at < args.len() {
            if args.is(at, "COUNT") && at + 1 < args.len() {
                let count = parse_i64(args.arg(at + 1)).filter(|count| (1..=COUNT_MAX).contains(count));
                claim.count = count.and_then(|count| count.try_into().ok()).ok_or(NO_COUNT)?;
                at += 2;
            } else if args.is(at, "JUSTID") {
                claim.wants_ids = true;
                at += 1;
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(claim)
    }

    /// Units of it, at most. Whoever may not do more than `left` need not know by how much it is more.
    fn units(&self, stream: &Stream, group: &Group, left: u64) -> u64 {
        let mut claimed = 0;
        let of_entry = |held: &Pending| {
            if claimed == self.count {
                return None;
            }
            let is_claimed = self.is_idle(held);
            claimed += usize::from(is_claimed);
            let shows = is_claimed && !self.wants_ids;
            Some(ASSIGN_UNITS + if shows { stream.entry_units(held.id) } else { stream.seek_units(held.id) })
        };
        let looks = self.count.saturating_mul(LOOKS);
        total_units(group.pending_from(self.from).take(looks).map_while(of_entry), left)
    }

    /// True if it is pending for long enough.
    fn is_idle(&self, held: &Pending) -> bool {
        self.now_ms.saturating_sub(held.delivered_ms) >= self.min_idle_ms
    }

    fn run(&self, stream: &mut Stream) -> Claimed {
        stream.change_group(self.group, |group| group.see(self.consumer, self.now_ms));
        let Some(group) = stream.group(self.group) else { return Claimed::default() };
        // One more: where the next call begins.
        let looks = self.count.saturating_mul(LOOKS);
        let held: Vec<Pending> = group.pending_from(self.from).take(looks.saturating_add(1)).cloned().collect();
        let mut claimed = Claimed::default();
        let mut held = held.into_iter().enumerate();
        for (place, pending) in held.by_ref() {
            if place == looks || claimed.entries.len() + claimed.gone.len() == self.count {
                claimed.next = pending.id;
                break;
            }
            self.look(stream, &pending, &mut claimed);
        }
        claimed
    }

    fn look(&self, stream: &mut Stream, held: &Pending, claimed: &mut Claimed) {
        let Some(entry) = stream.get(held.id) else {
            stream.change_group(self.group, |group| group.acknowledge(held.id));
            claimed.gone.push(replies::id(held.id));
            return;
        };
        if !self.is_idle(held) {
            return;
        }
        claimed.entries.push(if self.wants_ids { replies::id(held.id) } else { replies::entry(entry) });
        let deliveries = held.deliveries.wrapping_add(u64::from(!self.wants_ids));
        let delivery = Delivery { at_ms: self.now_ms, deliveries };
        stream.change_group(self.group, |group| group.assign(held.id, self.consumer, delivery, self.now_ms));
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let claim = Claim::parse(args, txn.now_ms())?;
    let key = args.arg(1);
    let left = txn.is_work_bounded().then(|| txn.work_left());
    let found = txn.read_typed::<Stream>(key)?;
    let Some((stream, group)) = found.and_then(|stream| Some((stream, stream.group(claim.group)?))) else {
        return Err(replies::no_key_or_group(key, claim.group, ""));
    };
    let units = left.map_or(0, |left| claim.units(stream, group, left));
    txn.work(units)?;
    let claimed = consumers::told(txn, (key, claim.group, claim.consumer), |txn| {
        txn.edit_quietly(key, Create::No, |stream: &mut Stream| Ok((claim.run(stream), Changed(true))))
    })?;
    let Claimed { entries, gone, next } = claimed.unwrap_or_default();
    Ok(Reply::Array(vec![replies::id(next), Reply::Array(entries), Reply::Array(gone)]))
}
