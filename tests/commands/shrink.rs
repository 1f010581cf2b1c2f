//! From a failing episode to its smallest part that fails: delta debugging (Zeller, Hildebrandt, 2002) by replay on
//! emptied servers, then shorter arguments. Printed as lines for redis-cli.

use std::collections::BTreeSet;

use crate::episode::{How, Item, quoted};
use crate::run::{Counts, Failure, Pair};
use crate::support::bounds::SHRINK_REPLAYS;

/// A failing sequence.
pub struct Shrunk {
    /// What is left of it.
    pub items: Vec<Item>,
    /// How it fails.
    pub failure: Failure,
    /// False if it did not fail again; then it is as long as it was.
    pub reproduced: bool,
}

/// Shrinks an episode that failed so.
pub fn shrink(pair: &mut Pair, items: &[Item], failure: Failure) -> Shrunk {
    // CLIENT REPLY and what it silences stay together: without it, replies would be expected where none come.
    let whole = |burst: usize, items: &[Item]| items.iter().filter(|item| item.burst == burst).count();
    let silent: BTreeSet<usize> = items.iter().filter(|item| !item.answered).map(|item| item.burst).collect();
    let silent: Vec<(usize, usize)> = silent.into_iter().map(|burst| (burst, whole(burst, items))).collect();
    let mut replays = 0;
    let mut fails = |items: &[Item]| {
        let torn = |(burst, count): &(usize, usize)| ![0, *count].contains(&whole(*burst, items));
        if silent.iter().any(torn) {
            return None;
        }
        replays += 1;
        let again = (replays <= SHRINK_REPLAYS).then(|| pair.run(items, &mut Counts::default())).flatten()?;
        (again.name == failure.name).then_some(again)
    };
    // A burst is sent as a whole, so it is kept as a whole at first.
    let last = items.get(failure.at).map_or(usize::MAX, |item| item.burst);
    let mut items: Vec<Item> = items.iter().take_while(|item| item.burst <= last).cloned().collect();
    let Some(mut best) = fails(&items) else { return Shrunk { items, failure, reproduced: false } };
    let mut size = items.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < items.len() {
            let mut fewer = items.clone();
            fewer.drain(from..(from + size).min(items.len()));
            match fails(&fewer) {
                Some(again) => (items, best) = (fewer, again),
                None => from += size,
            }
        }
        size /= 2;
    }
    for i in 0..items.len() {
        for arg in 1..items[i].args.len() {
            let mut shorter = items.clone();
            let len = shorter[i].args[arg].len();
            // A shorter number may be a time to live that ends.
            if len > 8 && !items[i].args[arg].iter().all(u8::is_ascii_digit) {
                shorter[i].args[arg].truncate(len.min(16) / 2);
                if let Some(again) = fails(&shorter) {
                    (items, best) = (shorter, again);
                }
            }
        }
    }
    Shrunk { items, failure: best, reproduced: true }
}

impl std::fmt::Display for Shrunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.reproduced {
            writeln!(f, "# did not fail again when replayed: it depends on time, chance or an earlier episode")?;
        }
        let mut place = None;
        for item in &self.items {
            if place != Some((item.connection, item.burst)) {
                writeln!(f, "# connection {}, one pipeline:", item.connection)?;
                place = Some((item.connection, item.burst));
            }
            let words: Vec<String> = item.args.iter().map(|arg| shown(arg)).collect();
            let how = match item.how {
                How::Frame => "",
                How::Inline => "   # inline",
                How::Iterate => "   # and on to the end of the cursor",
            };
            writeln!(f, "{}{how}", words.join(" "))?;
        }
        writeln!(f, "# differs: {}", self.failure.name)?;
        writeln!(f, "#   redis:    {}", self.failure.redis)?;
        writeln!(f, "#   lockstep: {}", self.failure.ours)
    }
}

fn shown(arg: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:*?|@".contains(byte);
    if !arg.is_empty() && arg.iter().all(plain) { String::from_utf8_lossy(arg).into_owned() } else { quoted(arg) }
}
