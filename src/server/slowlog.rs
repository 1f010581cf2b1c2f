//! SLOWLOG: what took long.
//!
//! Every call is seen, and none that was refused or only queued. What is measured: for commands that go to the store or the log, the
//! time from when their group (frames read together) was handed over until it was answered, waiting for the quorum included; that
//! is what the client felt, and each command of the group has it. Commands of the connection or the node: their own time. EXEC is
//! no entry, the commands that it ran are. A script is one entry; its calls have no time of their own, because nothing in apply
//! reads a clock. One that waits because it was asked to (BLPOP, WAIT) is an entry once it is answered, of no time: its wait is no
//! work. DEBUG SLEEP stands for work and has all of its time.
//!
//! Invariant: a password is never kept ([`Spec::is_secret`]).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::command::Spec;
use crate::command::context::SlowEntry;
use crate::protocol::Args;

/// Most arguments, and bytes of each, that an entry keeps (Redis's bounds).
const ARGS_MAX: usize = 32;
const ARG_BYTES_MAX: usize = 128;

const OFF: u64 = u64::MAX;

/// The newest slow commands.
#[derive(Debug)]
pub struct SlowLog {
    /// µs; [`OFF`]: no command is slow.
    slower_than_us: AtomicU64,
    len_max: AtomicUsize,
    inner: Mutex<(u64, VecDeque<SlowEntry>)>,
}

impl SlowLog {
    /// An empty one; see [`Self::configure`].
    pub fn new(slower_than_us: i64, len_max: usize) -> Self {
        let log = Self { slower_than_us: AtomicU64::new(OFF), len_max: AtomicUsize::new(0), inner: Mutex::default() };
        log.configure(slower_than_us, len_max);
        log
    }

    /// Keeps commands from so many µs on (negative: none), and so many entries.
    pub fn configure(&self, slower_than_us: i64, len_max: usize) {
        let slower_than_us = if len_max == 0 { OFF } else { u64::try_from(slower_than_us).unwrap_or(OFF) };
        self.slower_than_us.store(slower_than_us, Ordering::Relaxed);
        self.len_max.store(len_max, Ordering::Relaxed);
    }

    /// True if a command that took so long is to be kept.
    pub fn is_slow(&self, took_us: u64) -> bool {
        took_us >= self.slower_than_us.load(Ordering::Relaxed)
    }

    /// Keeps an entry, whose id it gives, and drops the oldest beyond the bound.
    pub fn push(&self, mut entry: SlowEntry) {
        let len_max = self.len_max.load(Ordering::Relaxed);
        let mut inner = self.inner.lock();
        entry.id = inner.0;
        inner.0 += 1;
        inner.1.push_front(entry);
        inner.1.truncate(len_max);
    }

    /// The newest entries, newest first.
    pub fn newest(&self, count: usize) -> Vec<SlowEntry> {
        self.inner.lock().1.iter().take(count).cloned().collect()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.inner.lock().1.len()
    }

    /// True without entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops all; ids go on.
    pub fn clear(&self) {
        self.inner.lock().1.clear();
    }
}

/// A command's arguments as an entry keeps them.
pub fn shorten(spec: &Spec, args: &Args) -> Vec<Bytes> {
    let is_secret = |at| spec.is_secret.is_some_and(|is_secret| is_secret(args, at));
    let kept = if args.len() > ARGS_MAX { ARGS_MAX - 1 } else { args.len() };
    let mut shown: Vec<Bytes> = args
        .iter()
        .enumerate()
        .take(kept)
        .map(|(at, arg)| match arg.get(..ARG_BYTES_MAX) {
            _ if is_secret(at) => Bytes::from_static(b"(redacted)"),
            Some(head) if arg.len() > ARG_BYTES_MAX => {
                let rest = format!("... ({} more bytes)", arg.len() - ARG_BYTES_MAX);
                [head, rest.as_bytes()].concat().into()
            }
            _ => Bytes::copy_from_slice(arg),
        })
        .collect();
    if kept < args.len() {
        shown.push(format!("... ({} more arguments)", args.len() - kept).into());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::named;

    fn shown_of(words: &[String]) -> Vec<Bytes> {
        let args = Args::from_slices(words);
        let spec = named(&args).or_else(|| named(&Args::from_slices(["ping"]))).unwrap();
        shorten(spec, &args)
    }

    #[test]
    fn slowlog_arguments_are_bounded_as_in_redis() {
        let many: Vec<String> = (0..40).map(|i| i.to_string()).collect();
        let shown = shown_of(&many);
        assert_eq!((shown.len(), shown[31].as_ref()), (32, &b"... (9 more arguments)"[..]));
        let long = shown_of(&["set".to_owned(), "x".repeat(130)]);
        assert!(long[1].ends_with(b"x... (2 more bytes)"));
    }

    #[test]
    fn passwords_are_not_kept() {
        for (line, shown) in [
            ("AUTH one", "AUTH (redacted)"),
            ("AUTH default one", "AUTH (redacted) (redacted)"),
            ("HELLO 3 auth default one SETNAME n", "HELLO 3 auth (redacted) (redacted) SETNAME n"),
            ("HELLO 3 SETNAME n AUTH default one", "HELLO 3 SETNAME n AUTH (redacted) (redacted)"),
            ("CONFIG SET timeout 1 requirepass one", "CONFIG SET timeout 1 requirepass (redacted)"),
        ] {
            let words: Vec<String> = line.split(' ').map(ToOwned::to_owned).collect();
            assert_eq!(shown_of(&words).join(&b" "[..]).escape_ascii().to_string(), shown, "{line}");
        }
    }

    #[test]
    fn without_a_bound_or_room_nothing_is_slow() {
        let log = SlowLog::new(-1, 10);
        assert!(!log.is_slow(u64::MAX - 1));
        log.configure(0, 0);
        assert!(!log.is_slow(5));
        log.configure(5, 1);
        assert!(log.is_slow(5) && !log.is_slow(4));
    }

    #[test]
    fn slowlog_keeps_the_newest_and_ids_rise() {
        let log = SlowLog::new(0, 3);
        let entry = SlowEntry { id: 0, at_s: 1, took_us: 2, args: vec![], addr: String::new(), name: Bytes::new() };
        (0..5).for_each(|_| log.push(entry.clone()));
        assert_eq!(log.newest(10).iter().map(|entry| entry.id).collect::<Vec<_>>(), [4, 3, 2]);
        log.clear();
        log.push(entry);
        assert_eq!((log.len(), log.newest(1)[0].id), (1, 5));
    }
}
