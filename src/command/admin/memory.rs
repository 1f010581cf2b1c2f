//! MEMORY. Sizes are this node's own: two nodes may answer differently.

use super::{OPEN, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, KeyFlags, KeySpec, Outcome, Spec, help};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::View;
use crate::sys::memory::{peak_bytes, purge, resident_bytes, startup_bytes, used_bytes};

pub static SPEC: Spec = Spec::container(
    "memory",
    doc("4.0.0", "Depends on the subcommand", "Tells what memory is used for."),
    &[&DOCTOR, &HELP, &MALLOC_STATS, &PURGE, &STATS, &USAGE],
);
static USAGE: Spec = Spec::read(
    "memory|usage",
    -3,
    doc("4.0.0", "O(1)", "Estimates the memory that a key and its value take.")
        .args(&[Arg::new("key", ArgKind::Key(0)), Arg::new("count", ArgKind::Integer).token("SAMPLES").optional()]),
    usage,
)
.flags(Flags::NOSCRIPT)
.check(check_usage)
.keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);
static STATS: Spec = Spec::session(
    "memory|stats",
    2,
    Flags::CUTS_GROUP,
    doc("4.0.0", "O(1)", "Returns figures of the memory in use."),
    stats,
);
static DOCTOR: Spec = Spec::session(
    "memory|doctor",
    2,
    Flags::empty(),
    doc("4.0.0", "O(1)", "Tells what is wrong with the memory."),
    doctor,
);
static PURGE: Spec = Spec::session(
    "memory|purge",
    2,
    Flags::empty(),
    doc("4.0.0", "O(N) with the pages that the allocator holds", "Gives memory that nothing uses back to the system."),
    |_, _| {
        purge();
        Reply::Ok.into()
    },
);
static MALLOC_STATS: Spec = Spec::session(
    "memory|malloc-stats",
    2,
    Flags::empty(),
    doc("4.0.0", "O(1)", "Returns statistics of the allocator: it keeps none."),
    |_, _| Reply::bulk("Stats not supported for the current allocator").into(),
);
static HELP: Spec =
    Spec::session("memory|help", 2, OPEN, doc("4.0.0", "O(1)", "Explains the subcommands of MEMORY."), |_, _| {
        help::reply("MEMORY", LINES).into()
    });

const LINES: &[&str] = &[
    "DOCTOR",
    "    Return memory problems reports.",
    "MALLOC-STATS",
    "    Return internal statistics report from the memory allocator.",
    "PURGE",
    "    Attempt to purge dirty pages for reclamation by the allocator.",
    "STATS",
    "    Return information about the memory usage of the server.",
    "USAGE <key> [SAMPLES <count>]",
    "    Return memory in bytes used by <key> and its value. Nested values are",
    "    sampled up to <count> times (default: 5, 0 means sample all).",
];

/// Sizes are kept, so nothing has to be sampled; the option is checked all the same.
fn check_usage(args: &Args) -> Result<(), ReplyError> {
    for at in (3..args.len()).step_by(2) {
        let Some(count) = args.opt(at + 1).filter(|_| args.is(at, "samples")) else { return Err(SYNTAX) };
        match parse_i64(count) {
            None => return Err(NOT_AN_INTEGER),
            Some(..0) => return Err(SYNTAX),
            Some(_) => {}
        }
    }
    Ok(())
}

fn usage(view: &View<'_>, args: &Args) -> Outcome {
    check_usage(args)?;
    let Some(entry) = view.peek(args.arg(2)) else { return Ok(Reply::Nil) };
    Ok(Reply::Int(entry.memory() as i64))
}

fn stats(call: &mut Call<'_>, _args: &Args) -> Answer {
    let node = call.node.clone();
    Answer::later(async move {
        let keys: usize = node.databases().await.iter().map(|database| database.keys).sum();
        let (used, peak) = (used_bytes(), peak_bytes());
        let int = |name: &'static str, value: u64| (Reply::bulk(name), Reply::Int(value as i64));
        Reply::Map(vec![
            int("peak.allocated", peak),
            int("total.allocated", used),
            int("startup.allocated", startup_bytes()),
            int("keys.count", keys as u64),
            int("keys.bytes-per-key", used.saturating_sub(startup_bytes()).checked_div(keys as u64).unwrap_or(0)),
            (Reply::bulk("peak.percentage"), Reply::Double(used as f64 * 100.0 / peak.max(1) as f64)),
            int("allocator.resident", resident_bytes()),
        ])
    })
}

fn doctor(call: &mut Call<'_>, _args: &Args) -> Answer {
    let (used, bound) = (used_bytes(), call.node.settings().maxmemory);
    let text = if bound != 0 && used > bound {
        format!(
            "{used} bytes are in use, maxmemory is {bound}: commands that need more memory are refused. Delete keys, or raise it by CONFIG SET maxmemory."
        )
    } else if used.saturating_mul(2) < peak_bytes() {
        format!("{used} bytes are in use now, and {} were at the peak. That is no problem by itself.", peak_bytes())
    } else {
        "No memory problem was found.".to_owned()
    };
    Reply::Verbatim(*b"txt", (text + "\n").into()).into()
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn memory_usage_grows_with_the_value_and_checks_its_option() {
        let mut bench = Bench::new();
        bench.run("SET k v");
        let size = |text: String| text.trim_start_matches(':').parse::<usize>().unwrap();
        let small = size(bench.text("MEMORY USAGE k"));
        bench.run(&format!("SET k {}", "v".repeat(1000)));
        assert!(size(bench.text("MEMORY USAGE k SAMPLES 0")) >= small + 990);
        assert_eq!(bench.text("MEMORY USAGE nokey"), "$-1");
        assert_eq!(bench.text("MEMORY USAGE k SAMPLES x"), "-ERR value is not an integer or out of range");
        assert_eq!(bench.text("MEMORY USAGE k FOO 1"), "-ERR syntax error");
        assert_eq!(bench.text("MEMORY USAGE k SAMPLES"), "-ERR syntax error");
    }
}
