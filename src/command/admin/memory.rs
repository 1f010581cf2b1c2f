//! MEMORY. Sizes are this node's own: two nodes may answer differently.

use super::{OPEN, doc};
use crate::command::context::{Answer, Call, DatabaseFacts};
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

/// Bytes of a key's place in its table, and of one in the index of deadlines without its copy of the key.
const TABLE_SLOT: usize = 2 * size_of::<usize>();
const INDEX_SLOT: usize = 32;

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
        let (databases, scripts, libraries) = (node.databases().await, node.scripts().await, node.libraries().await);
        let (used, peak, resident, startup) = (used_bytes(), peak_bytes(), resident_bytes(), startup_bytes());
        let clients: usize = node.clients().iter().map(|client| client.memory(&client.shown.lock())).sum();
        // The newest entries of the log are what Redis's buffer of its file is.
        let log_tail = node.raft().map_or(0, |raft| raft.log_tail_bytes);
        let int = |name: &str, value: u64| (Reply::bulk(name), Reply::Int(value as i64));
        let double = |name: &str, part: f64, whole: u64| (Reply::bulk(name), Reply::Double(part / whole.max(1) as f64));
        let mut fields = vec![
            int("peak.allocated", peak),
            int("total.allocated", used),
            int("startup.allocated", startup),
            int("replication.backlog", 0),
            int("clients.slaves", 0),
            int("clients.normal", clients as u64),
            int("cluster.links", 0),
            int("aof.buffer", log_tail),
            int("lua.caches", scripts.1 as u64),
            int("functions.caches", libraries.2 as u64),
        ];
        let mut overhead = startup + clients as u64 + log_tail + (scripts.1 + libraries.2) as u64;
        for DatabaseFacts { index, keys, expires, .. } in &databases {
            let (main, index_bytes) = ((keys * TABLE_SLOT) as u64, (expires * INDEX_SLOT) as u64);
            overhead += main + index_bytes;
            let parts = vec![
                int("overhead.hashtable.main", main),
                int("overhead.hashtable.expires", index_bytes),
                int("overhead.hashtable.slot-to-keys", 0),
            ];
            fields.push((Reply::bulk(format!("db.{index}")), Reply::Map(parts)));
        }
        let keys: u64 = databases.iter().map(|database| database.keys as u64).sum();
        let overhead = overhead.min(used);
        let (dataset, of_data) = (used - overhead, used.saturating_sub(startup));
        let kept = resident as i64 - used as i64;
        fields.extend([
            int("overhead.total", overhead),
            int("keys.count", keys),
            int("keys.bytes-per-key", of_data.checked_div(keys).unwrap_or(0)),
            int("dataset.bytes", dataset),
            double("dataset.percentage", dataset as f64 * 100.0, of_data),
            double("peak.percentage", used as f64 * 100.0, peak),
            int("allocator.allocated", used),
            int("allocator.active", used),
            int("allocator.resident", resident),
            double("allocator-fragmentation.ratio", used as f64, used),
            int("allocator-fragmentation.bytes", 0),
            double("allocator-rss.ratio", resident as f64, used),
            (Reply::bulk("allocator-rss.bytes"), Reply::Int(kept)),
            double("rss-overhead.ratio", resident as f64, resident),
            int("rss-overhead.bytes", 0),
            double("fragmentation", resident as f64, used),
            (Reply::bulk("fragmentation.bytes"), Reply::Int(kept)),
        ]);
        Reply::Map(fields)
    })
}

fn doctor(call: &mut Call<'_>, _args: &Args) -> Answer {
    let (used, bound) = (used_bytes(), call.node.settings().maxmemory);
    let policy = call.node.eviction().policy;
    let text = if bound != 0 && used > bound && policy.evicts() {
        format!(
            "{used} bytes are in use, maxmemory is {bound}: keys give way ({}) as far as there are any that may. If this stays, raise maxmemory, or \
             choose a policy that takes more keys.",
            policy.name()
        )
    } else if bound != 0 && used > bound {
        format!(
            "{used} bytes are in use, maxmemory is {bound}: commands that need more memory are refused. Delete keys, raise it by CONFIG SET maxmemory, or choose a maxmemory-policy that evicts."
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
