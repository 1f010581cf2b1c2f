//! LCS
//!
//! The table of lengths is computed row by row; of each cell only the way back is kept, one bit, where Redis keeps the
//! whole table of 32-bit numbers. The bound is Redis's all the same, by the size that its table would have: that is
//! also what bounds the time. Still it is long beside that of other reads: LCS never runs where Raft's timers run, and a
//! script pays for each cell.

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Entry, Kind, Str, View};

pub static SPEC: Spec = Spec::read("lcs", -3, DOC, run).flags(Flags::UNBOUNDED).keys(&[KeySpec::range(
    1,
    1,
    1,
    KeyFlags::RO.union(KeyFlags::ACCESS),
)]);

const DOC: Doc = Doc {
    summary: "Returns the longest common subsequence of the strings that two keys hold, its length or its places.",
    since: "7.0.0",
    group: Family::String,
    complexity: "O(N*M) with the lengths of both strings",
    args: &[
        Arg::new("key1", ArgKind::Key(0)),
        Arg::new("key2", ArgKind::Key(0)),
        Arg::word("len", "LEN").optional(),
        Arg::word("idx", "IDX").optional(),
        Arg::new("min-match-len", ArgKind::Integer).token("MINMATCHLEN").optional(),
        Arg::word("withmatchlen", "WITHMATCHLEN").optional(),
    ],
};

const NOT_STRINGS: ReplyError = ReplyError::new("ERR The specified keys must contain string values");
const LEN_AND_IDX: ReplyError = ReplyError::new("ERR If you want both the length and indexes, please just use IDX.");
const TOO_LONG: ReplyError =
    ReplyError::new("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
/// Bytes that a cell of Redis's table takes.
const CELL_BYTES: u64 = 4;

#[derive(Default)]
struct Options {
    len: bool,
    idx: bool,
    with_match_len: bool,
    match_len_min: u64,
}

fn options(args: &Args) -> Result<Options, ReplyError> {
    let mut options = Options::default();
    let mut at = 3;
    while at < args.len() {
        if args.is(at, "IDX") {
            options.idx = true;
        } else if args.is(at, "LEN") {
            options.len = true;
        } else if args.is(at, "WITHMATCHLEN") {
            options.with_match_len = true;
        } else if args.is(at, "MINMATCHLEN") && at + 1 < args.len() {
            at += 1;
            options.match_len_min = parse_i64(args.arg(at)).ok_or(NOT_AN_INTEGER)?.max(0) as u64;
        } else {
            return Err(SYNTAX);
        }
        at += 1;
    }
    if options.idx && options.len { Err(LEN_AND_IDX) } else { Ok(options) }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    // Both are looked up before one is refused: INFO counts them as in Redis.
    let (a, b) = (view.get(args.arg(1)), view.get(args.arg(2)));
    let (a, b) = (string(a)?, string(b)?);
    let options = options(args)?;
    let cells = (a.len() as u64 + 1).saturating_mul(b.len() as u64 + 1);
    if cells.saturating_mul(CELL_BYTES) > view.state().options.bulk_len_max {
        return Err(TOO_LONG);
    }
    view.work(cells)?;
    let mut way = Way::new(if options.len { 0 } else { b.len() });
    let len = fill(a, b, &mut way);
    if options.len {
        return Ok(Reply::Int(len));
    }
    let matches = way.back(a, b);
    if !options.idx {
        let text: Vec<u8> =
            matches.iter().rev().flat_map(|m| a.get(m.a..m.a + m.len).unwrap_or_default()).copied().collect();
        return Ok(Reply::bulk(text));
    }
    let shown = matches.iter().filter(|m| m.len as u64 >= options.match_len_min);
    Ok(Reply::Map(vec![
        (Reply::bulk("matches"), Reply::Array(shown.map(|m| m.reply(options.with_match_len)).collect())),
        (Reply::bulk("len"), Reply::Int(len)),
    ]))
}

/// What a key holds; nothing if it is absent.
fn string(entry: Option<&Entry>) -> Result<&[u8], ReplyError> {
    match entry {
        None => Ok(b""),
        Some(entry) => Str::of(entry.value()).map(Str::as_bytes).ok_or(NOT_STRINGS),
    }
}

/// The length of the longest common subsequence; fills `way`.
fn fill(a: &[u8], b: &[u8], way: &mut Way) -> i64 {
    let mut row = vec![0u32; b.len()];
    for byte_a in a {
        way.begin_row();
        let (mut diagonal, mut left) = (0, 0);
        for (j, (cell, byte_b)) in row.iter_mut().zip(b).enumerate() {
            let above = *cell;
            *cell = if byte_a == byte_b {
                diagonal + 1
            } else if above > left {
                way.note_shorter_a(j);
                above
            } else {
                left
            };
            diagonal = above;
            left = *cell;
        }
    }
    row.last().copied().unwrap_or(0).into()
}

/// For each pair of positions with different bytes, which of the two to give up: one bit, set if that is the one in `a`.
struct Way {
    words_per_row: usize,
    bits: Vec<u64>,
}

impl Way {
    /// For a second string of `b_len` bytes; with 0 nothing is kept.
    fn new(b_len: usize) -> Self {
        Self { words_per_row: b_len.div_ceil(64), bits: Vec::new() }
    }

    fn begin_row(&mut self) {
        self.bits.resize(self.bits.len() + self.words_per_row, 0);
    }

    fn note_shorter_a(&mut self, j: usize) {
        let at = (self.bits.len() - self.words_per_row) + j / 64;
        if let Some(word) = self.bits.get_mut(at) {
            *word |= 1 << (j % 64);
        }
    }

    fn is_shorter_a(&self, i: usize, j: usize) -> bool {
        self.bits.get(i * self.words_per_row + j / 64).is_some_and(|word| word >> (j % 64) & 1 == 1)
    }

    /// The runs of bytes that make up the subsequence, the last one first.
    fn back(&self, mut a: &[u8], mut b: &[u8]) -> Vec<Match> {
        let mut matches: Vec<Match> = Vec::new();
        while let (Some((byte_a, a_before)), Some((byte_b, b_before))) = (a.split_last(), b.split_last()) {
            if byte_a == byte_b {
                match matches.last_mut() {
                    Some(last) if last.a == a.len() && last.b == b.len() => {
                        *last = Match { a: a_before.len(), b: b_before.len(), len: last.len + 1 };
                    }
                    _ => matches.push(Match { a: a_before.len(), b: b_before.len(), len: 1 }),
                }
                (a, b) = (a_before, b_before);
            } else if self.is_shorter_a(a_before.len(), b_before.len()) {
                a = a_before;
            } else {
                b = b_before;
            }
        }
        matches
    }
}

/// A run of bytes that stands in both strings.
struct Match {
    a: usize,
    b: usize,
    len: usize,
}

impl Match {
    fn reply(&self, with_len: bool) -> Reply {
        let range =
            |start: usize| Reply::Array(vec![Reply::Int(start as i64), Reply::Int((start + self.len - 1) as i64)]);
        let mut parts = vec![range(self.a), range(self.b)];
        if with_len {
            parts.push(Reply::Int(self.len as i64));
        }
        Reply::Array(parts)
    }
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn lcs_answers_text_length_and_positions() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        bench.run("MSET a ohmytext b mynewtext tie1 ab tie2 ba");
        const BOTH: &str = "*4 $7 matches *2 *2 *2 :4 :7 *2 :5 :8 *2 *2 :2 :3 *2 :0 :1 $3 len :6";
        for (line, text) in [
            ("LCS a b", "$6 mytext"),
            ("LCS a b LEN", ":6"),
            ("LCS a b IDX", BOTH),
            ("LCS a b IDX MINMATCHLEN -5", BOTH),
            ("LCS a b idx minmatchlen 4 withmatchlen", "*4 $7 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 $3 len :6"),
            ("LCS a b IDX MINMATCHLEN 5", "*4 $7 matches *0 $3 len :6"),
            ("LCS a b MINMATCHLEN 5 WITHMATCHLEN", "$6 mytext"),
            ("LCS tie1 tie2", "$1 b"),
            ("LCS a absent", "$0"),
            ("LCS absent absent LEN", ":0"),
            ("LCS a absent IDX", "*4 $7 matches *0 $3 len :0"),
            ("LCS a b LEN IDX", "-ERR If you want both the length and indexes, please just use IDX."),
            ("LCS a b MINMATCHLEN", "-ERR syntax error"),
            ("LCS a b MINMATCHLEN x", "-ERR value is not an integer or out of range"),
            ("LCS a b foo", "-ERR syntax error"),
            ("LCS a h foo", "-ERR The specified keys must contain string values"),
            ("LCS h absent", "-ERR The specified keys must contain string values"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }

    #[test]
    fn lcs_table_is_bounded() {
        let mut bench = Bench::new();
        bench.run("MSET a 1234 b 123");
        bench.state.options.bulk_len_max = 4 * 5 * 4;
        assert_eq!(bench.text("LCS a b"), "$3 123");
        bench.state.options.bulk_len_max -= 1;
        let refused = "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
        assert_eq!(bench.text("LCS a b LEN"), refused);
    }
}
