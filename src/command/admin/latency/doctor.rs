//! LATENCY DOCTOR: what took long, and what may be done about it, in our own words: the causes here are others than Redis's.

use std::fmt::Write;

use crate::command::context::{Answer, Call};
use crate::protocol::{Args, Reply};
use crate::sys::latency::{COMMAND, EVICTION_CYCLE, EVICTION_DEL, EXPIRE_CYCLE, FAST_COMMAND, LOG_FSYNC, Series};

pub(super) fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let (events, settings) = (call.node.spikes().events(), call.node.settings());
    let now_s = call.node.process().now_ms / 1000;
    let keeps_slow = settings.slowlog_len_max > 0
        && u64::try_from(settings.slowlog_slower_than_us)
            .is_ok_and(|us| us / 1000 <= settings.latency_monitor_threshold_ms);
    let text = report(&events, settings.latency_monitor_threshold_ms, keeps_slow, now_s);
    Reply::Verbatim(*b"txt", text.into()).into()
}

/// `keeps_slow`: SLOWLOG keeps all that took as long as the threshold says.
fn report(events: &[(&'static str, Series)], threshold_ms: u64, keeps_slow: bool, now_s: u64) -> String {
    if events.is_empty() {
        return match threshold_ms {
            0 => "Latency monitoring is off. CONFIG SET latency-monitor-threshold <milliseconds> switches it on.\n"
                .into(),
            _ => format!("Nothing has taken {threshold_ms} ms or longer since the start or the last LATENCY RESET.\n"),
        };
    }
    let mut text = "Some things have taken long:\n\n".to_owned();
    for (number, (event, series)) in events.iter().enumerate() {
        // To a String nothing fails.
        _ = writeln!(text, "{}. {event}: {}", number + 1, figures(series, now_s));
    }
    text.push_str("\nWhat may help:\n\n");
    let has = |some: &[&str]| events.iter().any(|(event, _)| some.contains(event));
    let is_command = has(&[COMMAND, FAST_COMMAND]);
    let advice = [
        (
            is_command && !keeps_slow,
            "SLOWLOG does not keep all that was slow: set slowlog-log-slower-than to the latency-monitor-threshold (in microseconds).",
        ),
        (is_command && keeps_slow, "SLOWLOG GET shows which commands were slow."),
        (
            is_command,
            "The time of a write has the disks of a majority and a round trip between nodes in it; all that was sent together is \
             answered together. RAFT.NODES shows which members lag or are away, INFO commandstats which commands take most.",
        ),
        (
            has(&[FAST_COMMAND]) && !has(&[LOG_FSYNC]),
            "Fast commands that are slow wait for others: scripts and commands on large values hold them up, and so does a busy \
             machine. redis-cli --intrinsic-latency 100 measures what the machine itself adds.",
        ),
        (
            has(&[LOG_FSYNC]),
            "The disk is slow to sync the log, before which nothing is acknowledged. Use a local disk that nothing else writes to; \
             log-prefill makes syncs cheaper.",
        ),
        (has(&[EXPIRE_CYCLE]), "Many keys end at the same time. Let their times differ a little."),
        (
            has(&[EVICTION_CYCLE, EVICTION_DEL]),
            "Keys give way for want of memory: raise maxmemory, or let values be smaller.",
        ),
    ];
    for (_, line) in advice.iter().filter(|(is_true, _)| *is_true) {
        _ = writeln!(text, "- {line}");
    }
    text
}

fn figures(series: &Series, now_s: u64) -> String {
    let count = series.samples.len().max(1) as u64;
    let took = || series.samples.iter().map(|sample| sample.took_ms);
    let average = took().sum::<u64>() / count;
    let deviation = took().map(|ms| ms.abs_diff(average)).sum::<u64>() / count;
    let since_s = now_s.saturating_sub(series.samples.front().map_or(now_s, |first| first.at_s)).max(1);
    let period_s = since_s as f64 / count as f64;
    format!(
        "{count} times (average {average} ms, mean deviation {deviation} ms, every {period_s:.2} s). Worst of all {} ms.",
        series.worst_ms
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::latency::Sample;

    fn event(name: &'static str, samples: &[(u64, u64)]) -> (&'static str, Series) {
        let samples = samples.iter().map(|(at_s, took_ms)| Sample { at_s: *at_s, took_ms: *took_ms }).collect();
        (name, Series { samples, worst_ms: 90 })
    }

    #[test]
    fn the_report_says_whether_anything_is_kept() {
        assert!(report(&[], 0, true, 9).starts_with("Latency monitoring is off."));
        assert!(report(&[], 20, true, 9).starts_with("Nothing has taken 20 ms"));
    }

    #[test]
    fn each_event_has_its_figures_and_its_advice() {
        let text = report(&[event(COMMAND, &[(100, 10), (104, 30)]), event(LOG_FSYNC, &[(104, 50)])], 5, false, 110);
        assert!(
            text.contains(
                "1. command: 2 times (average 20 ms, mean deviation 10 ms, every 5.00 s). Worst of all 90 ms."
            )
        );
        assert!(text.contains("2. aof-fsync-always: 1 times (average 50 ms, mean deviation 0 ms, every 6.00 s)"));
        assert!(
            text.contains("slowlog-log-slower-than") && text.contains("log-prefill") && !text.contains("maxmemory")
        );
        assert!(report(&[event(EVICTION_DEL, &[(1, 1)])], 5, true, 9).contains("maxmemory"));
    }
}
