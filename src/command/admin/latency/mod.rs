//! LATENCY: what took long, and how long the calls of each command took. As in INFO and SLOWLOG that is a matter of the node that is asked.

mod doctor;
mod graph;

use super::{ADMIN, OPEN, doc};
use crate::command::context::{Answer, Call, Latencies};
use crate::command::{Arg, ArgKind, Spec, help};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::sys::latency::Sample;

pub static SPEC: Spec = Spec::container(
    "latency",
    doc("2.8.13", "Depends on the subcommand", "Tells what took long, and how long commands take."),
    &[&DOCTOR, &GRAPH, &HELP, &HISTOGRAM, &HISTORY, &LATEST, &RESET],
)
.since(3);
static DOCTOR: Spec =
    Spec::session("latency|doctor", 2, ADMIN, doc("2.8.13", "O(1)", "Explains what took long."), doctor::run).since(3);
static GRAPH: Spec = Spec::session(
    "latency|graph",
    3,
    ADMIN,
    doc("2.8.13", "O(1)", "Draws how long an event took.").args(&[EVENT]),
    graph::run,
)
.since(3);
static HELP: Spec =
    Spec::session("latency|help", 2, OPEN, doc("2.8.13", "O(1)", "Explains the subcommands of LATENCY."), |_, _| {
        help::reply("LATENCY", LINES).into()
    })
    .since(3);
static HISTOGRAM: Spec =
    Spec::session(
        "latency|histogram",
        -2,
        ADMIN,
        doc("7.0.0", "O(N) with the number of commands", "Returns how long the calls of commands took.")
            .args(&[Arg::new("COMMAND", ArgKind::String).optional().multiple()]),
        histogram,
    )
    .since(3);
static HISTORY: Spec = Spec::session(
    "latency|history",
    3,
    ADMIN,
    doc("2.8.13", "O(1)", "Returns when an event took long, and how long.").args(&[EVENT]),
    history,
)
.since(3);
static LATEST: Spec = Spec::session(
    "latency|latest",
    2,
    ADMIN,
    doc("2.8.13", "O(1)", "Returns of each event when it took long last, and how long."),
    latest,
)
.since(3);
static RESET: Spec = Spec::session(
    "latency|reset",
    -2,
    ADMIN,
    doc("2.8.13", "O(1)", "Forgets what took long.").args(&[EVENT.optional().multiple()]),
    reset,
)
.since(3);

const EVENT: Arg = Arg::new("event", ArgKind::String);

const LINES: &[&str] = &[
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: reset all data for all event classes)",
    "HISTOGRAM [COMMAND ...]",
    "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
    "    If no commands are specified then all histograms are replied.",
];

fn history(call: &mut Call<'_>, args: &Args) -> Answer {
    let samples = call.node.spikes().event(args.arg(2)).map(|(_, series)| series.samples).unwrap_or_default();
    let show = |Sample { at_s, took_ms }| Reply::Array(vec![Reply::Int(at_s as i64), Reply::Int(took_ms as i64)]);
    Reply::Array(samples.into_iter().map(show).collect()).into()
}

fn latest(call: &mut Call<'_>, _args: &Args) -> Answer {
    let events = call.node.spikes().events();
    let show = |(name, series): (&'static str, crate::sys::latency::Series)| {
        let last = series.samples.back()?;
        let numbers = [last.at_s, last.took_ms, series.worst_ms].map(|number| Reply::Int(number as i64));
        Some(Reply::Array(std::iter::once(Reply::bulk(name)).chain(numbers).collect()))
    };
    Reply::Array(events.into_iter().filter_map(show).collect()).into()
}

fn reset(call: &mut Call<'_>, args: &Args) -> Answer {
    let spikes = call.node.spikes();
    let count = match args.len() {
        2 => spikes.reset(None),
        _ => args.from(2).map(|name| spikes.reset(Some(name))).sum(),
    };
    Reply::Int(count as i64).into()
}

fn histogram(call: &mut Call<'_>, args: &Args) -> Answer {
    let all = call.node.latencies();
    let is_part = |name: &str, asked: &[u8]| {
        let (head, rest) = name.as_bytes().split_at(asked.len().min(name.len()));
        head.eq_ignore_ascii_case(asked) && (rest.is_empty() || rest.starts_with(b"|"))
    };
    let shown: Vec<_> = match args.len() {
        2 => all.iter().collect(),
        _ => args.from(2).flat_map(|asked| all.iter().filter(move |(spec, _)| is_part(spec.name, asked))).collect(),
    };
    let show = |(spec, latencies): &(&'static Spec, Latencies)| (Reply::bulk(spec.name), distribution(latencies));
    Reply::Map(shown.into_iter().map(show).collect()).into()
}

fn distribution(latencies: &Latencies) -> Reply {
    let number = |number: u64| Reply::Int(number as i64);
    let times = latencies.cumulative().into_iter().map(|(us, calls)| (number(us), number(calls)));
    Reply::Map(vec![
        (Reply::bulk("calls"), number(latencies.calls())),
        (Reply::bulk("histogram_usec"), Reply::Map(times.collect())),
    ])
}

/// What is told of an event that nothing is known of.
fn no_samples(event: &[u8]) -> Answer {
    Reply::Error(ReplyError::about("ERR No samples available for event '", event, "'")).into()
}
