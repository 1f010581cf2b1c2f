//! Writes lines, and loses those that cannot be written.
//!
//! A write waits only for as long as it is told: what can tell that it takes no more (a pipe, a socket, a terminal) is asked before,
//! and is given no more at a time than it then takes.

use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What a pipe or socket takes at once if it takes anything (PIPE_BUF).
const PIECE_LEN: usize = 4096;

/// What was written and lost so far. All is done under the lock of what is written to.
pub(super) struct Output {
    /// Lost lines that are not reported yet.
    lost: AtomicU64,
    /// A line was begun and not ended.
    torn: AtomicBool,
}

impl Output {
    pub(super) const fn new() -> Self {
        Self { lost: AtomicU64::new(0), torn: AtomicBool::new(false) }
    }

    /// Writes a line if it is possible within `patience`, behind the `report` of how many were lost before; else counts it.
    pub(super) fn put_or_count<W: Write + AsFd>(
        &self,
        out: &mut W,
        line: &str,
        patience: Duration,
        report: impl FnOnce(u64) -> String,
    ) {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 && self.put(out, &report(lost), patience) {
            self.lost.store(0, Ordering::Relaxed);
        }
        if !self.put(out, line, patience) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// False if it was not written, or not all of it.
    pub(super) fn put<W: Write + AsFd>(&self, out: &mut W, line: &str, patience: Duration) -> bool {
        let begin = if self.torn.load(Ordering::Relaxed) { "\n" } else { "" };
        let text = [begin, line, "\n"].concat();
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let piece = rest.get(..PIECE_LEN).unwrap_or(rest);
            let written = if takes_more(out, patience) { out.write(piece) } else { Err(ErrorKind::TimedOut.into()) };
            match written {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => {
                    if rest.len() < text.len() {
                        self.torn.store(true, Ordering::Relaxed);
                    }
                    return false;
                }
                Ok(len) => rest = rest.get(len..).unwrap_or_default(),
            }
        }
        self.torn.store(false, Ordering::Relaxed);
        out.flush().is_ok()
    }
}

/// Waits until a write does not block. True also where only the write itself tells what is wrong.
fn takes_more(out: &impl AsFd, patience: Duration) -> bool {
    let Ok(patience) = Timespec::try_from(patience) else { return true };
    loop {
        match poll(&mut [PollFd::new(out, PollFlags::OUT)], Some(&patience)) {
            Ok(0) => return false,
            Err(rustix::io::Errno::INTR) => {}
            Ok(_) | Err(_) => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn told(lost: u64) -> String {
        format!("{lost} lost")
    }

    #[test]
    fn lines_that_a_full_pipe_refuses_are_lost_and_counted() {
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        let output = Output::new();
        let line = "x".repeat(999);
        let written = (0..100_000).take_while(|_| {
            output.put_or_count(&mut writer, &line, Duration::ZERO, told);
            output.lost.load(Ordering::Relaxed) == 0
        });
        let written = written.count();
        for _ in 0..4 {
            output.put_or_count(&mut writer, &line, Duration::ZERO, told);
        }
        let mut got = vec![0; written * 1000];
        reader.read_exact(&mut got).unwrap();
        assert_eq!(got, format!("{line}\n").repeat(written).into_bytes());
        output.put_or_count(&mut writer, "last", Duration::ZERO, told);
        drop(writer);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "5 lost\nlast\n");
    }

    /// A line that is longer than the space that is left is cut, and the next one is not glued to it.
    #[test]
    fn a_line_that_was_cut_is_ended_before_the_next_one() {
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        let output = Output::new();
        output.put_or_count(&mut writer, &"x".repeat(10 << 20), Duration::ZERO, told);
        let mut got = vec![0; PIECE_LEN];
        while has_more(&reader) {
            let len = reader.read(&mut got).unwrap();
            assert!(got[..len].iter().all(|byte| *byte == b'x'));
        }
        output.put_or_count(&mut writer, "next", Duration::ZERO, told);
        drop(writer);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "\n1 lost\nnext\n");
    }

    fn has_more(reader: &std::io::PipeReader) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut [PollFd::new(reader, PollFlags::IN)], Some(&now)) == Ok(1)
    }

    #[test]
    fn a_reader_that_has_ended_is_no_failure() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Output::new();
        assert!(!output.put(&mut writer, "line", Duration::ZERO));
        output.put_or_count(&mut writer, "line", Duration::ZERO, told);
        assert_eq!(output.lost.load(Ordering::Relaxed), 1);
    }
}
