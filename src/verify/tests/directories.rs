//! What is on the disk: damaged, missing, doubled, of another cluster, of a newer version.

use super::*;
use crate::store::{Entry as KeyEntry, LockEvent, LockHistory, LockRecord, Str};

/// `usual`, and the same directory with a snapshot of entry 5.
fn with_snapshot(purged: Option<u64>, change: impl FnOnce(&mut State)) -> (Made, tempfile::TempDir) {
    let made = Made::usual();
    let dir = put(&made.entries, purged.map(|index| id(1, index)));
    let mut state = State::default();
    for entry in &made.entries[..6] {
        if let EntryPayload::Normal(payload) = &entry.payload {
            apply(&mut state, entry.log_id.index, prepared(&payload.0), |_, _| None);
        }
    }
    change(&mut state);
    put_snapshot(dir.path(), &state, id(1, 5));
    (made, dir)
}

fn newest_file(dir: &Path, end: &str) -> std::path::PathBuf {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.to_string_lossy().ends_with(end)).max().unwrap()
}

fn flip(path: &Path, offset: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[offset] ^= 4;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_sound_log_is_certified_from_its_first_entry_on() {
    let made = Made::usual();
    let dir = made.put();
    let report = assert_certified(dir.path());
    assert!(report.is_from_nothing());
    assert_eq!(report.identity, Some((1, CLUSTER)));
    let counts = report.counts();
    // The last one is not known to be committed.
    assert_eq!((counts.entries, counts.batches, counts.boots, counts.digests), (made.last().index, 4, 1, 5));
    assert_eq!((counts.holds, counts.ends, counts.expired), (9, 5, 1), "{report}");
    let text = report.to_string();
    for part in ["8 entries, 0 (term", "the last 1 of them may not be committed", "9 holds began and 5 ended"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.ends_with("certified: nothing is wrong with what was looked at"), "{text}");
}

#[test]
fn a_snapshot_is_what_the_log_makes_or_where_it_begins() {
    let (_, dir) = with_snapshot(None, |_| ());
    let report = assert_certified(dir.path());
    assert!(report.is_from_nothing() && report.snapshot.as_ref().unwrap().is_remade);
    // What it covers is committed, though the log has not noted that yet.
    let made = Made::usual();
    let dir = made.put();
    put_snapshot(dir.path(), &made.state, made.last());
    let report = assert_certified(dir.path());
    assert!(report.snapshot.as_ref().unwrap().is_remade && report.applied() == made.last().index + 1);
    for purged in [2, 5] {
        let (made, dir) = with_snapshot(Some(purged), |_| ());
        let report = assert_certified(dir.path());
        assert!(!report.is_from_nothing());
        assert_eq!(report.applied(), made.last().index - 1 - 5);
        let text = report.to_string();
        assert!(text.contains("what was before it is not known here") && text.contains("older events"), "{text}");
    }
}

#[test]
fn nothing_is_changed_by_looking() {
    let (_, dir) = with_snapshot(None, |_| ());
    let log = newest_file(&dir.path().join("log"), ".raftlog");
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend_from_slice(&[7; 30]);
    fs::write(&log, &bytes).unwrap();
    let names = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
        names.sort();
        names
    };
    let before = [names(dir.path()), names(&dir.path().join("log")), names(&dir.path().join("snapshots"))];
    let report = assert_certified(dir.path());
    assert!(report.notices.len() == 1 && report.notices[0].contains("never finished"), "{:?}", report.notices);
    assert_eq!(before, [names(dir.path()), names(&dir.path().join("log")), names(&dir.path().join("snapshots"))]);
    assert_eq!(fs::read(&log).unwrap(), bytes);
}

#[test]
fn a_flipped_byte_is_named_wherever_it_is() {
    let (_, dir) = with_snapshot(None, |_| ());
    let log = newest_file(&dir.path().join("log"), ".raftlog");
    let middle = fs::read(&log).unwrap().iter().rposition(|byte| *byte != 0).unwrap() / 2;
    flip(&log, middle);
    let report = verify(dir.path()).unwrap();
    assert!(report.what_is_wrong()[0].contains("is damaged at offset"), "{report}");
    // The snapshot is looked at all the same.
    assert!(report.snapshot.is_some() && report.log.is_none());
    flip(&log, middle);
    let snapshot = newest_file(&dir.path().join("snapshots"), ".snapshot");
    for offset in [9, fs::metadata(&snapshot).unwrap().len() as usize / 2] {
        flip(&snapshot, offset);
        let report = assert_only(dir.path(), "offset");
        assert!(report.is_from_nothing() && report.snapshot.is_none());
        flip(&snapshot, offset);
    }
    flip(&dir.path().join("identity"), 40);
    assert_only(dir.path(), "the file `identity` is damaged");
}

#[test]
fn an_entry_that_is_doubled_or_missing_or_another_one_is_named() {
    let numbered = |mut entries: Vec<Entry>| {
        entries.iter_mut().zip(0..).for_each(|(entry, index)| entry.log_id = id(1, index));
        put(&entries, None)
    };
    let digest = "the leader's digest of entry";
    let wrong = |dir: &tempfile::TempDir| verify(dir.path()).unwrap().what_is_wrong().join("\n");
    let mut doubled = Made::usual().entries;
    doubled.insert(5, doubled[4].clone());
    assert!(wrong(&numbered(doubled)).contains(digest));
    let mut missing = Made::usual().entries;
    missing.remove(4);
    assert!(wrong(&numbered(missing)).contains("entry 4 tells the digest of entry 4"));
    // Another one with a checksum that is right.
    let mut other = Made::usual();
    let EntryPayload::Normal(payload) = &other.entries[7].payload else { panic!() };
    let stamp = decode(&payload.0).unwrap().stamp;
    other.entries[7].payload = EntryPayload::Normal(Payload(seal(batch(5, &["HSET h f w", "INCR a"]), stamp)));
    other.batch(1, &["PING"]);
    other.batch(1, &["PING"]);
    assert_eq!(wrong(&other.put()), "");
    let EntryPayload::Normal(payload) = &other.entries[6].payload else { panic!() };
    let stamp = decode(&payload.0).unwrap().stamp;
    other.entries[6].payload = EntryPayload::Normal(Payload(seal(batch(4, &["INCR a"]), stamp)));
    assert!(wrong(&other.put()).contains("the leader's digest of entry 6 is"));
}

#[test]
fn an_entry_that_cannot_be_applied_is_named() {
    let mut made = Made::usual();
    let EntryPayload::Normal(payload) = &made.entries[5].payload else { panic!() };
    let mut bytes = payload.0.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    made.entries[5].payload = EntryPayload::Normal(Payload(bytes.into()));
    assert_only(made.put().path(), "log entry 5 cannot be applied: wrong checksum");
}

#[test]
fn a_term_that_falls_is_named() {
    let mut made = Made::usual();
    made.entries[4].log_id = id(2, 4);
    let report = verify(made.put().path()).unwrap();
    assert!(report.what_is_wrong().contains(&"entry 5 is of an earlier term than the one before".into()), "{report}");
}

#[test]
fn entries_that_neither_log_nor_snapshot_has_are_named() {
    let (_, dir) = with_snapshot(Some(6), |_| ());
    assert_only(dir.path(), "entries 6 to 6 are missing: neither the log nor a snapshot has them");
    fs::remove_dir_all(dir.path().join("snapshots")).unwrap();
    assert_only(dir.path(), "entries 0 to 6 are missing");
}

#[test]
fn a_snapshot_that_is_not_what_the_log_makes_is_named() {
    let set = |state: &mut State| {
        let entry = KeyEntry::new(b"a", Str::new(b"other").into(), state.db(0).get(b"a").unwrap().revision(), None, 0);
        state.restore_entry(0, entry);
    };
    let (_, dir) = with_snapshot(None, set);
    assert_only(dir.path(), "is not the state that the log makes of entry 5, though their digests are equal");
    let (_, dir) = with_snapshot(None, |state| {
        state.digest.number(1);
        state.digest.finish(5);
    });
    assert_only(dir.path(), "has the digest");
    // Where it begins, the leader tells.
    let (_, dir) = with_snapshot(Some(5), |state| {
        state.digest.number(1);
        state.digest.finish(5);
    });
    let report = verify(dir.path()).unwrap();
    assert!(report.what_is_wrong()[0].contains("the leader's digest of entry 5 is"), "{report}");
    let (_, dir) = with_snapshot(None, |_| ());
    let file = newest_file(&dir.path().join("snapshots"), ".snapshot");
    fs::rename(&file, file.with_file_name("00000000000000000006-00000000000000000001.snapshot")).unwrap();
    assert_only(dir.path(), "is another one than its name says");
}

#[test]
fn what_a_snapshot_remembers_of_locks_is_judged() {
    let remembering_of = |events: &[(&[u8], LockEvent, u64, u64)]| {
        let mut history = LockHistory::default();
        for (name, event, token, at_ms) in events {
            let (name, owner) = ((*name).into(), (*b"one").into());
            let record = LockRecord { db: 0, name, event: *event, owner, token: *token, at_ms: BEGIN_MS + at_ms };
            history.push(record, u64::MAX);
        }
        with_snapshot(Some(5), |state| state.restore_lock_history(history)).1
    };
    let remembering = |events: &[(LockEvent, u64, u64)]| {
        let of_one = |(event, token, at_ms): &(LockEvent, u64, u64)| (&b"q"[..], *event, *token, *at_ms);
        remembering_of(&events.iter().map(of_one).collect::<Vec<_>>())
    };
    use LockEvent::{Acquired, Expired, Released};
    let several = [
        (&b"b"[..], Acquired, 40, 0),
        (b"a", Acquired, 50, 5),
        (b"b", Expired, 40, 5),
        (b"b", Acquired, 50, 5),
        (b"a", Released, 50, 6),
        (b"b", Released, 50, 6),
    ];
    assert_certified(remembering_of(&several).path());
    assert_certified(remembering(&[(Released, 40, 0), (Acquired, 50, 1), (Expired, 50, 9)]).path());
    let (begun, ended) = ((Acquired, 50, 1), (Released, 50, 2));
    let told = [
        (vec![begun, ended, (Acquired, 49, 3), (Released, 49, 3)], "lock 'q' is held by token 49, after 50 was given"),
        (vec![begun, ended, (Acquired, 50, 3), (Released, 50, 3)], "lock 'q' is held by token 50, after 50 was given"),
        (vec![begun], "the hold 50 of lock 'q' has not ended, and is not there"),
        (vec![begun, ended, ended], "the hold 50 of lock 'q' ends, and there is none"),
        (vec![(Acquired, 50, 5), ended], "an event of lock 'q' is of 1790000000002 ms, the one before of"),
        (vec![begun, (Released, 50, 99_999)], "of a time that has not come yet"),
    ];
    for (events, what) in told {
        assert_only(remembering(&events).path(), what);
    }
}

#[test]
fn a_directory_of_another_cluster_or_without_an_identity_is_named() {
    let dir = Made::usual().put();
    put_identity(dir.path(), 8);
    assert_only(dir.path(), "the file `identity` is of cluster 00000000000000000000000000000008, the state is of");
    fs::remove_file(dir.path().join("identity")).unwrap();
    assert_only(dir.path(), "the file `identity` is missing");
}

#[test]
fn what_cannot_be_looked_at_is_no_verdict() {
    let refused = |dir: &Path| verify(dir).unwrap_err().0;
    let empty = tempfile::tempdir().unwrap();
    assert!(refused(&empty.path().join("none")).contains("there is no such directory"));
    assert!(refused(empty.path()).contains("the directory `log` is missing"));
    let mut made = Made::usual();
    let index = made.entries.len() as u64;
    let raise = seal(encode(&Content::Raise { level: crate::FEATURE_LEVEL + 1 }), Stamp::default());
    for index in [index, index + 1] {
        made.entries.push(Entry { log_id: id(1, index), payload: EntryPayload::Normal(Payload(raise.clone())) });
    }
    assert!(refused(made.put().path()).contains("start a newer one"));
    let dir = Made::usual().put();
    let lock = fs::File::create(dir.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
    assert!(refused(dir.path()).contains("a node runs on it"));
    lock.unlock().unwrap();
    assert_certified(dir.path());
}
