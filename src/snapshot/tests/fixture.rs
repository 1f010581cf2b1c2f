//! Each version of the format keeps a file that was written when it was new; today's program reads it.

use std::sync::Arc;

use super::*;
use crate::protocol::Args;
use crate::store::{
    Binding, Claim, LockEvent, LockMode, LockRequest, SubscriptionKind, Subscriptions, Waiter, WaiterId, WaiterLimits,
    Waiters, Wants,
};

const V1: &[u8] = include_bytes!("../../../tests/fixtures/snapshot_v1.snapshot");
const V2: &[u8] = include_bytes!("../../../tests/fixtures/snapshot_v2.snapshot");
const V3: &[u8] = include_bytes!("../../../tests/fixtures/snapshot_v3.snapshot");

/// What format 3 has and the ones before had not.
fn sample_3() -> State {
    let mut state = sample();
    let boot = state.origins.of_node(1).unwrap().0;
    let waiters = [(1 << 32, 1, 0, 0), (1 << 32, 2, 900, 15), ((1 << 32) + 7, 3, 500, 0)];
    let mut waiting = Waiters::default();
    for (connection, number, deadline_ms, db) in waiters {
        let keys = vec![Arc::from(&b"k"[..]), Arc::from(&b""[..])];
        let args = Args::from_slices(["BLPOP", "k", "", "0"]);
        let limits = WaiterLimits { per_key: 9, in_all: 9 };
        let id = WaiterId { boot, connection, number };
        let (session, from) = (None, (number == 3).then(|| "[::1]:9".parse().unwrap()));
        let waiter =
            Waiter { db, args, keys, wants: Wants::List, claim: None, since_ms: 30, deadline_ms, session, from };
        waiting.join(id, waiter, limits).unwrap();
    }
    waiting.remove(WaiterId { boot, connection: 1 << 32, number: 1 }).unwrap();
    for (number, mode) in [(3, LockMode::Shared), (4, LockMode::EXCLUSIVE)] {
        let keys = vec![Arc::from(&b"awaited"[..]), Arc::from(&b"other"[..])];
        let claim = Some(Claim { owner: Arc::from(&b"z"[..]), mode });
        let args = Args::from_slices(["LOCK.MULTI", "2", "awaited", "other", "z", "PX", "1", "WAIT", "0"]);
        let (wants, session, from) = (Wants::Lock, None, None);
        let waiter = Waiter { db: 0, args, keys, wants, claim, since_ms: 30, deadline_ms: 0, session, from };
        let limits = WaiterLimits { per_key: 9, in_all: 9 };
        waiting.join(WaiterId { boot, connection: 1 << 32, number }, waiter, limits).unwrap();
    }
    state.restore_waiters(waiting);
    let mut held = Subscriptions::default();
    for (kind, name) in SubscriptionKind::ALL.into_iter().zip([&b"channel"[..], b"pat*", b""]) {
        assert!(held.restore(boot, 1 << 32, kind, name) && held.restore(boot, (1 << 32) + 7, kind, name));
    }
    state.restore_subscriptions(held);
    let library = Op::Library { name: "lib".into(), functions: 3, description: Some(b"says \0 what".to_vec()) };
    apply(&mut state, 2000, &library);
    let made = Op::Make { db: 0, key: b"made by NX".to_vec(), len: 3, ttl_ms: Some(9000) };
    apply(&mut state, 2001, &made);
    for (id, len) in [("kept", Some(5)), ("too large", None)] {
        apply(&mut state, 2002, &Op::Once { id: id.into(), len, keep_ms: 600_000 });
    }
    let asker = WaiterId { boot, connection: 8 << 32, number: 3 };
    let mut effects = Effects::default();
    let from = "10.0.0.1:5000".parse().ok();
    let mut open = |label: &[u8], asker| {
        let mut txn = state.txn(0, Rng::new(1), &mut effects).asked_by(asker).from(from);
        txn.open_session(5000, label).unwrap()
    };
    let sessions = [open(b"worker", Some(asker)), open(b"", None)];
    let mut txn = state.txn(0, Rng::new(1), &mut effects);
    assert_eq!(txn.bind_keys(sessions[1], &[b"key:1", b"key:2", b"absent"]), Ok(2));
    for (key, mode, owners) in [
        (&b"exclusive"[..], LockMode::EXCLUSIVE, &[b"a"][..]),
        (b"shared", LockMode::Shared, &[b"a", b"b"]),
        (b"semaphore", LockMode::Limit(3), &[b"c"]),
        (b"of a session", LockMode::Shared, &[b"d", b"e"]),
        (b"of a connection", LockMode::EXCLUSIVE, &[b"b"]),
    ] {
        for (owner, ttl_ms) in owners.iter().zip([9000, 5000]) {
            let mut txn = state.txn(0, Rng::new(1), &mut effects).asked_by((*owner == b"b").then_some(asker));
            let binding = match key {
                b"of a session" => Binding::Session(sessions[usize::from(*owner == b"e")]),
                b"of a connection" => Binding::Connection,
                _ => Binding::Time,
            };
            let ttl_ms = Some(ttl_ms).filter(|_| *owner != b"d");
            let request = LockRequest { owner: *owner, mode, ttl_ms, binding, delay_ms: ttl_ms.unwrap_or(0) % 9 };
            txn.acquire(key, &request).unwrap().unwrap();
            if key == b"exclusive" {
                // Its delay begins.
                txn.end_holds(key, LockEvent::Broken, |_| true).unwrap();
            }
        }
    }
    let mut users = crate::store::Users::of_password("secret");
    let mut other = crate::store::User::new(b"other", true);
    for rule in ["on", ">one", ">two", "%R~r*", "%W~w", "~k", "resetchannels", "&c*", "+@all", "-get", "(+set ~a &b)"] {
        other.set(rule.as_bytes(), false, &crate::store::TrustedNames).unwrap();
    }
    users.put(other);
    let default = (**users.get(b"default").unwrap()).clone();
    users.put(default);
    state.users = Arc::new(users);
    state
}

/// It does not say when keys were created: whoever watched an absent one before has to try again, and nobody who does so after.
#[test]
fn a_file_of_version_1_loads() {
    let (meta, mut state) = read(V1).unwrap();
    let mut expected = build(&sample_2());
    assert_eq!(meta, Meta { format_version: 1, ..meta_of(&expected) });
    expected.restore_creations(Creations::all_at(expected.revision()));
    assert_same(&state, &expected);
    let before = Mark::Absent { at: state.revision() - 1 };
    assert!(!view(&state).is_as_watched(b"absent", before));
    let mark = view(&state).watch_mark(b"absent");
    assert!(view(&state).is_as_watched(b"absent", mark));
    apply(&mut state, 1000, &Op::Set { db: 0, key: b"absent".to_vec(), len: 1, ttl_ms: None });
    apply(&mut state, 1001, &Op::Remove { db: 0, key: b"absent".to_vec() });
    assert!(!view(&state).is_as_watched(b"absent", mark));
}

#[test]
fn a_file_of_version_2_loads() {
    let (meta, state) = read(V2).unwrap();
    let expected = build(&sample_2());
    assert_eq!(meta, Meta { format_version: 2, ..meta_of(&expected) });
    assert_same(&state, &expected);
}

#[test]
fn a_file_of_version_3_loads() {
    let (meta, state) = read(V3).unwrap();
    assert_eq!(meta, meta_of(&sample_3()));
    assert_same(&state, &sample_3());
}

/// Until there is a version 4, the bytes are also those that are written today. `LOCKSTEP_WRITE_FIXTURES=1` writes them.
#[test]
fn version_3_is_still_written_as_it_was() {
    let written = bytes_of(&sample_3(), 600);
    if std::env::var_os("LOCKSTEP_WRITE_FIXTURES").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/snapshot_v3.snapshot");
        std::fs::write(path, &written).unwrap();
    }
    assert!(V3 == written, "the format changed: give it a new version, and that one a fixture");
}
