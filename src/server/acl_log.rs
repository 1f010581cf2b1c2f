//! ACL LOG: what this node has denied, newest first; what repeats itself within a minute is one entry.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::command::context::AclEntry;
use crate::store::Denied;

/// Longest time between two that are one, ms.
const SAME_MS: u64 = 60_000;
/// So many of the newest are looked at for one that is the same.
const LOOKED_AT: usize = 10;
/// Most bytes of an object, and of a name, that are kept: a key may be long.
const OBJECT_BYTES_MAX: usize = 4096;

/// See the module's header.
#[derive(Debug)]
pub struct AclLog {
    len_max: AtomicUsize,
    /// How often each kind of thing was denied, in the order of [`Denied`].
    counts: [AtomicU64; 4],
    entries: Mutex<(u64, VecDeque<AclEntry>)>,
}

/// Something that was denied just now.
pub struct DeniedNow<'a> {
    /// What.
    pub what: Denied,
    /// See [`AclEntry::context`].
    pub context: &'static str,
    /// See [`AclEntry::object`].
    pub object: &'a [u8],
    /// Whom.
    pub user: &'a [u8],
    /// Wall clock, ms.
    pub now_ms: u64,
    /// The client as CLIENT LIST shows it.
    pub client: Bytes,
}

impl AclLog {
    /// An empty one that keeps so many entries.
    pub fn new(len_max: usize) -> Self {
        Self { len_max: AtomicUsize::new(len_max), counts: Default::default(), entries: Mutex::default() }
    }

    /// `acllog-max-len`
    pub fn set_len_max(&self, len_max: usize) {
        self.len_max.store(len_max, Ordering::Relaxed);
    }

    /// How often this kind of thing was denied.
    pub fn count(&self, what: Denied) -> u64 {
        self.counts.get(what as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// CONFIG RESETSTAT
    pub fn reset_counts(&self) {
        self.counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }

    /// Notes what was denied.
    pub fn note(&self, denied: DeniedNow<'_>) {
        if let Some(count) = self.counts.get(denied.what as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let len_max = self.len_max.load(Ordering::Relaxed);
        let object = denied.object.get(..OBJECT_BYTES_MAX).unwrap_or(denied.object);
        let user = denied.user.get(..OBJECT_BYTES_MAX).unwrap_or(denied.user);
        let mut inner = self.entries.lock();
        let (next_id, entries) = &mut *inner;
        let is_same = |entry: &AclEntry| {
            (entry.what, entry.context) == (denied.what, denied.context)
                && entry.updated_ms.abs_diff(denied.now_ms) <= SAME_MS
                && entry.object == object
                && entry.user == user
        };
        if len_max == 0 {
            entries.clear();
            return;
        }
        let same = entries.iter().take(LOOKED_AT).position(is_same).and_then(|at| entries.remove(at));
        let mut entry = same.unwrap_or_else(|| {
            *next_id += 1;
            AclEntry {
                id: *next_id - 1,
                count: 0,
                what: denied.what,
                context: denied.context,
                object: Bytes::copy_from_slice(object),
                user: Bytes::copy_from_slice(user),
                created_ms: denied.now_ms,
                updated_ms: denied.now_ms,
                client: Bytes::new(),
            }
        });
        entry.count += 1;
        (entry.updated_ms, entry.client) = (denied.now_ms, denied.client);
        entries.push_front(entry);
        entries.truncate(len_max);
    }

    /// The newest entries, newest first.
    pub fn newest(&self, count: usize) -> Vec<AclEntry> {
        self.entries.lock().1.iter().take(count).cloned().collect()
    }

    /// ACL LOG RESET
    pub fn clear(&self) {
        self.entries.lock().1.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(log: &AclLog, what: Denied, object: &[u8], now_ms: u64) {
        let client = Bytes::from(format!("client at {now_ms}"));
        log.note(DeniedNow { what, context: "toplevel", object, user: b"u", now_ms, client });
    }

    fn shown(log: &AclLog) -> Vec<(u64, u64, Bytes, u64, u64)> {
        let entries = log.newest(100).into_iter();
        entries.map(|entry| (entry.id, entry.count, entry.object, entry.created_ms, entry.updated_ms)).collect()
    }

    #[test]
    fn what_repeats_itself_within_a_minute_is_one_entry_in_front() {
        let log = AclLog::new(3);
        note(&log, Denied::Key, b"a", 1000);
        note(&log, Denied::Command, b"a", 1500);
        note(&log, Denied::Key, b"a", 61_000);
        assert_eq!(shown(&log), [(0, 2, "a".into(), 1000, 61_000), (1, 1, "a".into(), 1500, 1500)]);
        note(&log, Denied::Key, b"a", 121_001);
        assert_eq!(shown(&log).first(), Some(&(2, 1, "a".into(), 121_001, 121_001)));
        note(&log, Denied::Key, b"b", 121_001);
        assert_eq!(shown(&log).iter().map(|entry| entry.0).collect::<Vec<_>>(), [3, 2, 0]);
        assert_eq!((log.count(Denied::Key), log.count(Denied::Command), log.count(Denied::Auth)), (4, 1, 0));
        log.set_len_max(0);
        note(&log, Denied::Key, b"b", 121_002);
        assert_eq!(shown(&log), []);
    }

    #[test]
    fn a_long_key_is_kept_in_part() {
        let log = AclLog::new(3);
        let key = vec![b'k'; OBJECT_BYTES_MAX + 1];
        note(&log, Denied::Key, &key, 1);
        note(&log, Denied::Key, &key, 2);
        let entry = &log.newest(1)[0];
        assert_eq!((entry.count, entry.object.len(), &*entry.client), (2, OBJECT_BYTES_MAX, b"client at 2".as_slice()));
    }
}
