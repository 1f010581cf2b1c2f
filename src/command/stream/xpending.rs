//! XPENDING

use super::{ids, replies};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ELEMENT_UNITS, Group, Pending, Stream, StreamId, View};

pub static SPEC: Spec = Spec::read("xpending", -3, DOC, run)
    .since(3)
    .check(|args| Range::parse(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns which entries of a group are not acknowledged: an overview, or a range of them.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of entries returned or looked at, or of consumers",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("group", ArgKind::String),
        Arg::new(
            "filters",
            ArgKind::Block(&[
                Arg::new("min-idle-time", ArgKind::Integer).token("IDLE").optional(),
                Arg::new("start", ArgKind::String),
                Arg::new("end", ArgKind::String),
                Arg::new("count", ArgKind::Integer),
                Arg::new("consumer", ArgKind::String).optional(),
            ]),
        )
        .optional(),
    ],
};

struct Range<'a> {
    from: StreamId,
    to: StreamId,
    count: usize,
    min_idle_ms: i64,
    consumer: Option<&'a [u8]>,
}

impl<'a> Range<'a> {
    /// None: an overview is asked for.
    fn parse(args: &'a Args) -> Result<Option<Self>, ReplyError> {
        match args.len() {
            3 => return Ok(None),
            6..=9 => {}
            _ => return Err(SYNTAX),
        }
        let (mut first, mut min_idle_ms) = (3, 0);
        if args.is(3, "IDLE") {
            min_idle_ms = parse_i64(args.arg(4)).ok_or(NOT_AN_INTEGER)?;
            if args.len() < 8 {
                return Err(SYNTAX);
            }
            first = 5;
        }
        let count = parse_i64(args.arg(first + 2)).ok_or(NOT_AN_INTEGER)?;
        let (from, to) = (ids::start(args.arg(first))?, ids::end(args.arg(first + 1))?);
        let count = usize::try_from(count).unwrap_or(0);
        Ok(Some(Self { from, to, count, min_idle_ms, consumer: args.opt(first + 3) }))
    }

    fn show(&self, view: &View<'_>, group: &Group) -> Result<Reply, ReplyError> {
        let now_ms = view.now_ms();
        let idle_ms = |held: &Pending| now_ms.saturating_sub(held.delivered_ms) as i64;
        let line = |held: &Pending| {
            Reply::Array(vec![
                replies::id(held.id),
                Reply::bulk(held.consumer()),
                Reply::Int(idle_ms(held)),
                Reply::Int(held.deliveries as i64),
            ])
        };
        let is_shown = |held: &&Pending| self.min_idle_ms == 0 || idle_ms(held) >= self.min_idle_ms;
        // Those that are not shown are looked at too.
        let looked_at = match self.min_idle_ms {
            0 => self.count,
            _ => usize::MAX,
        };
        let lines = match self.consumer {
            None => {
                view.work(looked_at.min(group.pending_len()) as u64 * ELEMENT_UNITS)?;
                let held = group.pending_from(self.from).take_while(|held| held.id <= self.to);
                held.filter(is_shown).take(self.count).map(line).collect()
            }
            Some(name) => {
                let Some(consumer) = group.consumer(name) else { return Ok(Reply::Array(Vec::new())) };
                view.work(looked_at.min(consumer.pending_len()) as u64 * 2 * ELEMENT_UNITS)?;
                let ids = consumer.pending_from(self.from).take_while(|id| *id <= self.to);
                let held = ids.filter_map(|id| group.pending(id));
                held.filter(is_shown).take(self.count).map(line).collect()
            }
        };
        Ok(Reply::Array(lines))
    }
}

fn overview(group: &Group) -> Reply {
    let mut held = group.pending_from(StreamId::ZERO);
    let Some(first) = held.next() else {
        return Reply::Array(vec![Reply::Int(0), Reply::Nil, Reply::Nil, Reply::NilArray]);
    };
    let last = held.next_back().unwrap_or(first);
    let consumers = group.consumers().filter(|consumer| consumer.pending_len() > 0).map(|consumer| {
        Reply::Array(vec![Reply::bulk(consumer.name()), Reply::bulk(consumer.pending_len().to_string())])
    });
    Reply::Array(vec![
        Reply::Int(group.pending_len() as i64),
        replies::id(first.id),
        replies::id(last.id),
        Reply::Array(consumers.collect()),
    ])
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let range = Range::parse(args)?;
    let (key, group) = (args.arg(1), args.arg(2));
    let group = view
        .typed::<Stream>(key)?
        .and_then(|stream| stream.group(group))
        .ok_or_else(|| replies::no_key_or_group(key, group, ""))?;
    match range {
        Some(range) => range.show(view, group),
        None => {
            view.work(group.consumers().len() as u64 * ELEMENT_UNITS)?;
            Ok(overview(group))
        }
    }
}
