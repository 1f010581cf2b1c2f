//! SLOWLOG: what took long.
//!
//! What is measured: for commands that go to the store or the log, the time from when their group (frames read together) was handed
//! over until it was answered, waiting for the quorum included; that is what the client felt. A group of several commands is
//! one entry: it shows the first, and says how many came with it. Commands of the connection itself are not measured.

use std::collections::VecDeque;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::command::context::SlowEntry;
use crate::protocol::Args;

/// Most arguments, and bytes of each, that an entry keeps (Redis's bounds).
const ARGS_MAX: usize = 32;
const ARG_BYTES_MAX: usize = 128;

/// The newest slow commands.
#[derive(Debug, Default)]
pub struct SlowLog {
    inner: Mutex<(u64, VecDeque<SlowEntry>)>,
}

impl SlowLog {
    /// Keeps an entry, whose id it gives, and drops the oldest beyond `len_max`.
    pub fn push(&self, mut entry: SlowEntry, len_max: usize) {
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

/// A command's arguments as an entry keeps them; `together`: commands of its group.
pub fn shorten(args: &Args, together: usize) -> Vec<Bytes> {
    let kept = if args.len() > ARGS_MAX { ARGS_MAX - 1 } else { args.len() };
    let mut shown: Vec<Bytes> = args
        .iter()
        .take(kept)
        .map(|arg| match arg.get(..ARG_BYTES_MAX) {
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
    if together > 1 {
        shown.push(format!("... (and {} commands that were sent with it)", together - 1).into());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_as_in_redis() {
        let many: Vec<String> = (0..40).map(|i| i.to_string()).collect();
        let shown = shorten(&Args::from_slices(&many), 1);
        assert_eq!((shown.len(), shown[31].as_ref()), (32, &b"... (9 more arguments)"[..]));
        let long = shorten(&Args::from_slices(["set", &"x".repeat(130)]), 3);
        assert!(long[1].ends_with(b"x... (2 more bytes)"));
        assert_eq!(long[2].as_ref(), b"... (and 2 commands that were sent with it)");
    }

    #[test]
    fn the_newest_stay_and_ids_go_on() {
        let log = SlowLog::default();
        let entry = SlowEntry { id: 0, at_s: 1, took_us: 2, args: vec![], addr: String::new(), name: Bytes::new() };
        (0..5).for_each(|_| log.push(entry.clone(), 3));
        assert_eq!(log.newest(10).iter().map(|entry| entry.id).collect::<Vec<_>>(), [4, 3, 2]);
        log.clear();
        log.push(entry, 3);
        assert_eq!((log.len(), log.newest(1)[0].id), (1, 5));
    }
}
