//! Values of several parts, in Redis's forms, and its words for those that are none.

use super::bytes::parse_bytes;
use crate::protocol::{parse_f64, parse_i64};

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compound {
    /// Pairs of seconds and a number of changes (`save`).
    SavePoints,
    /// A class of clients, two numbers of bytes and one of seconds, any number of times (`client-output-buffer-limit`). Classes
    /// that are not named stay as they are.
    BufferLimits,
    /// Percentiles (`latency-tracking-info-percentiles`).
    Percentiles,
    /// Three numbers for the kernel (`oom-score-adj-values`).
    OomScores,
    /// Words that say how to shut down.
    Shutdown,
    /// Bytes, or a part of `maxmemory`.
    BytesOrPercent,
}

/// Classes of clients, as they are shown.
const CLASSES: [&str; 3] = ["normal", "slave", "pubsub"];
const LIMITS_PER_CLASS: usize = 3;
const SHUTDOWN: [&str; 5] = ["default", "save", "nosave", "now", "force"];
const OOM_SCORE_MAX: i64 = 2000;

impl Compound {
    /// Checks a value, and gives it as CONFIG GET shows it.
    ///
    /// # Errors
    /// What it has to be.
    pub fn parse(self, text: &str) -> Result<String, String> {
        // As Redis cuts: each space ends a part, so two in a row have an empty one between them.
        let parts: Vec<&str> = if text.is_empty() { Vec::new() } else { text.split(' ').collect() };
        match self {
            Self::SavePoints => save_points(&parts),
            Self::BufferLimits => buffer_limits(&parts),
            Self::Percentiles => percentiles(&parts),
            Self::OomScores => oom_scores(&parts),
            Self::Shutdown => shutdown(&parts),
            Self::BytesOrPercent => bytes_or_percent(text),
        }
    }
}

fn save_points(parts: &[&str]) -> Result<String, String> {
    let is_pair = |pair: &[&str]| match pair {
        [seconds, changes] => {
            parse_i64(seconds.as_bytes()).is_some_and(|seconds| seconds >= 1)
                && parse_i64(changes.as_bytes()).is_some_and(|changes| changes >= 0)
        }
        _ => false,
    };
    if parts.chunks(2).all(is_pair) { Ok(parts.join(" ")) } else { Err("Invalid save parameters".into()) }
}

fn buffer_limits(parts: &[&str]) -> Result<String, String> {
    let mut text = String::new();
    let (groups, rest) = parts.as_chunks::<4>();
    if !rest.is_empty() {
        return Err("Wrong number of arguments in buffer limit configuration.".into());
    }
    for [class, hard, soft, seconds] in groups {
        let class = if class.eq_ignore_ascii_case("replica") { "slave" } else { class };
        let Some(class) = CLASSES.iter().find(|known| known.eq_ignore_ascii_case(class)) else {
            return Err("Invalid client class specified in buffer limit configuration.".into());
        };
        let bytes = |text: &str| parse_bytes(text).and_then(|bytes| u64::try_from(bytes).ok());
        let seconds = parse_i64(seconds.as_bytes()).filter(|seconds| *seconds >= 0);
        let (Some(hard), Some(soft), Some(seconds)) = (bytes(hard), bytes(soft), seconds) else {
            return Err("Error in hard, soft or soft_seconds setting in buffer limit configuration.".into());
        };
        text = merge_limits(&text, &format!("{class} {hard} {soft} {seconds}"));
    }
    Ok(text)
}

/// The limits of `before`, but for those classes that `after` has. Both have the form that [`Compound::parse`] gives.
pub(super) fn merge_limits(before: &str, after: &str) -> String {
    let limits = |text: &str, class: &str| {
        let mut words = text.split(' ').skip_while(|word| *word != class);
        let words: Vec<&str> = words.by_ref().take(1 + LIMITS_PER_CLASS).collect();
        Some(words.join(" ")).filter(|words| !words.is_empty())
    };
    let of_class = |class: &&str| limits(after, class).or_else(|| limits(before, class));
    CLASSES.iter().filter_map(of_class).collect::<Vec<_>>().join(" ")
}

fn percentiles(parts: &[&str]) -> Result<String, String> {
    let mut shown = Vec::new();
    for part in parts {
        let Some(percentile) = parse_f64(part.as_bytes()).filter(|number| !number.is_nan()) else {
            return Err("Invalid latency-tracking-info-percentiles parameters".into());
        };
        if !(0.0..=100.0).contains(&percentile) {
            return Err("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]".into());
        }
        shown.push(percentile.to_string());
    }
    Ok(shown.join(" "))
}

fn oom_scores(parts: &[&str]) -> Result<String, String> {
    if parts.len() != 3 {
        return Err("wrong number of arguments".into());
    }
    let bounds = -OOM_SCORE_MAX..=OOM_SCORE_MAX;
    if parts.iter().all(|part| parse_i64(part.as_bytes()).is_some_and(|score| bounds.contains(&score))) {
        return Ok(parts.join(" "));
    }
    Err("Invalid oom-score-adj-values, elements must be between -2000 and 2000.".into())
}

fn shutdown(parts: &[&str]) -> Result<String, String> {
    let is_word = |part: &&str| SHUTDOWN.iter().any(|word| word.eq_ignore_ascii_case(part));
    if parts.is_empty() || !parts.iter().all(is_word) {
        return Err(format!("argument(s) must be one of the following: {}", SHUTDOWN.join(", ")));
    }
    let has = |word: &str| word != "default" && parts.iter().any(|part| word.eq_ignore_ascii_case(part));
    if has("save") && has("nosave") {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
    }
    let shown: Vec<&str> = SHUTDOWN.into_iter().filter(|word| has(word)).collect();
    Ok(if shown.is_empty() { "default".into() } else { shown.join(" ") })
}

fn bytes_or_percent(text: &str) -> Result<String, String> {
    if let Some(percent) = text.strip_suffix('%')
        && let Some(percent) = parse_i64(percent.as_bytes()).filter(|percent| *percent >= 0)
    {
        return match percent {
            0 => Ok("0".into()),
            1..=100 => Ok(text.into()),
            _ => Err("percentage argument must be less or equal to 100".into()),
        };
    }
    match parse_bytes(text).map(i64::try_from) {
        Some(Ok(bytes)) => Ok(bytes.to_string()),
        Some(Err(_)) => Err(format!("argument must be between 0 and {} inclusive", i64::MAX)),
        None => Err("argument must be a memory or percent value".into()),
    }
}
