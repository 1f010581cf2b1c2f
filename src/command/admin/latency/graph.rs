//! LATENCY GRAPH: an event's samples as lines of text, in the form of Redis's.

use super::no_samples;
use crate::command::context::{Answer, Call};
use crate::protocol::{Args, Reply};
use crate::sys::latency::Series;

/// Samples beside each other, and the length of the rule above them.
const COLUMNS: usize = 80;
/// Lines that show how long a sample took.
const ROWS: usize = 4;
/// The top of a column, by the part of its line that it fills.
const TOPS: [char; 3] = ['_', 'o', '#'];
/// What is below the top.
const FILL: char = '|';

pub(super) fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let Some((event, series)) = call.node.spikes().event(args.arg(2)) else { return no_samples(args.arg(2)) };
    Reply::Verbatim(*b"txt", draw(event, &series, call.node.process().now_ms / 1000).into()).into()
}

fn draw(event: &str, series: &Series, now_s: u64) -> String {
    let took = || series.samples.iter().map(|sample| sample.took_ms);
    let (low, high) = (took().min().unwrap_or(0), took().max().unwrap_or(0));
    let worst = series.worst_ms;
    let mut text = format!("{event} - high {high} ms, low {low} ms (all time high {worst} ms)\n");
    text.push_str(&"-".repeat(COLUMNS));
    text.push('\n');
    let steps = TOPS.len() * ROWS;
    let columns: Vec<(usize, String)> = series
        .samples
        .iter()
        .map(|sample| {
            let step = (sample.took_ms - low) as usize * steps / (high - low).max(1) as usize;
            (step.min(steps - 1), age(now_s.saturating_sub(sample.at_s)))
        })
        .collect();
    for (number, part) in columns.chunks(COLUMNS).enumerate() {
        if number > 0 {
            text.push('\n');
        }
        // From the top, whose line has the highest steps.
        for row in (0..ROWS).rev() {
            line(&mut text, part, |(step, _)| match step.checked_sub(row * TOPS.len()) {
                Some(part) => TOPS.get(part).copied().unwrap_or(FILL),
                None => ' ',
            });
        }
        line(&mut text, part, |_| ' ');
        let longest = part.iter().map(|(_, age)| age.len()).max().unwrap_or(0);
        for at in 0..longest {
            line(&mut text, part, |(_, age)| age.chars().nth(at).unwrap_or(' '));
        }
    }
    text
}

fn line(text: &mut String, columns: &[(usize, String)], show: impl Fn(&(usize, String)) -> char) {
    text.extend(columns.iter().map(show));
    text.push('\n');
}

/// How long ago something was.
fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::latency::Sample;

    fn series(samples: &[(u64, u64)]) -> Series {
        let samples = samples.iter().map(|(at_s, took_ms)| Sample { at_s: *at_s, took_ms: *took_ms }).collect();
        Series { samples, worst_ms: 900 }
    }

    #[test]
    fn a_graph_has_a_column_for_each_sample_with_its_age_below() {
        let drawn = draw("command", &series(&[(100, 10), (4000, 130), (99_995, 60), (100_000, 70)]), 100_000);
        let rule = "-".repeat(80);
        let lines = [
            "command - high 130 ms, low 10 ms (all time high 900 ms)",
            &rule,
            " #  ",
            " | _",
            " |#|",
            "_|||",
            "    ",
            "1150",
            "ddss",
        ];
        assert_eq!(drawn.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn graph_of_equal_samples_and_of_many_is_drawn_too() {
        assert_eq!(
            draw("x", &series(&[(5, 7)]), 8).lines().skip(2).collect::<Vec<_>>(),
            [" ", " ", " ", "_", " ", "3", "s"]
        );
        let many: Vec<(u64, u64)> = (0..90).map(|at_s| (at_s, at_s)).collect();
        let drawn = draw("x", &series(&many), 90);
        let widths: Vec<usize> = drawn.lines().map(str::len).collect();
        assert_eq!((&widths[1..10], &widths[10..]), (&[80; 9][..], &[0, 10, 10, 10, 10, 10, 10, 10, 10][..]));
    }
}
