//! The state machine without Raft: which entries it takes, when it answers, and where heavy entries run.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};

use bytes::BytesMut;
use futures::FutureExt;
use parking_lot::Mutex;

use super::*;
use crate::command::lookup;
use crate::config::ReadLevel;
use crate::executor::entry::{BatchWriter, Content, Stamp, encode, seal};
use crate::executor::{Command, CommandGroup, Exec, Gate, Step, StoreExecutor};
use crate::protocol::{Args, Reply};
use crate::replication::origin::{Body, Next};
use crate::replication::testing::{OWN, group_and_executor, log_id};
use crate::replication::types::{Payload, scope};
use crate::snapshot::MemoryStore;
use crate::sys::env::Tcp;

/// Entry 5 is applied.
async fn machine(threads: bool) -> (StateMachine, Arc<StoreExecutor>) {
    let (group, executor) = group_and_executor(OWN, Arc::new(Tcp), threads, MemoryStore::new()).await;
    executor.gate.write().await.cluster.id = 1;
    (StateMachine::new(group, Some(log_id(OWN, 5)), None), executor)
}

fn entry(index: u64, unsealed: BytesMut) -> Entry {
    sealed(index, seal(unsealed, Stamp { now_ms: 1000 + index, ..Stamp::default() }))
}

fn sealed(index: u64, bytes: bytes::Bytes) -> Entry {
    Entry::new(log_id(OWN, index), EntryPayload::Normal(Payload(bytes)))
}

fn batch(commands: &[&[&str]]) -> BytesMut {
    let mut batch = BatchWriter::new(0, 0, 64);
    for command in commands {
        batch.plain(0, &Args::from_slices(*command));
    }
    batch.finish()
}

#[tokio::test(start_paused = true)]
async fn only_the_next_entry_is_applied() {
    scope(1, async {
        for index in [4, 5, 7, 1000] {
            let (mut machine, _) = machine(false).await;
            let apply = AssertUnwindSafe(machine.apply_one(entry(index, encode(&Content::Tick))));
            assert!(apply.catch_unwind().await.is_err(), "entry {index} behind entry 5");
            assert_eq!(machine.group.applied().index, 5);
        }
        let (mut machine, _) = machine(false).await;
        machine.apply_one(entry(6, encode(&Content::Tick))).await.unwrap();
        machine.apply_one(Entry::new(log_id(OWN, 7), EntryPayload::Blank)).await.unwrap();
        assert_eq!(machine.group.applied().index, 7);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_read_to_its_end_changes_nothing() {
    scope(1, async {
        let whole = batch(&[&["SET", "a", "1"], &["SET", "b", "2"]]);
        let mut longer = whole.clone();
        longer.extend_from_slice(b"x");
        let mut shorter = whole.clone();
        shorter.truncate(whole.len() - 1);
        for unsealed in [longer, shorter] {
            let (mut machine, executor) = machine(false).await;
            let image = |state: &crate::store::State| (state.digest.value(), state.now_ms(), state.revision());
            let before = image(&*executor.gate.read().await);
            let error = machine.apply_one(entry(6, unsealed)).await.unwrap_err();
            assert!(error.to_string().contains("log entry 6 cannot be applied"), "{error}");
            assert_eq!(image(&*executor.gate.read().await), before);
            assert_eq!((machine.group.applied().index, machine.applied), (5, Some(log_id(OWN, 5))));
        }
    })
    .await;
}

/// Node 1's binary knows level 1. Every entry that leads beyond it, and none that does not.
#[tokio::test(start_paused = true)]
async fn an_entry_that_leads_to_an_unknown_feature_level_changes_nothing() {
    let addr = || "n1:1".to_owned();
    let create = |level| Content::Create {
        cluster: 9,
        nonce: 5,
        peer_addr: addr(),
        client_addr: addr(),
        revision: 100,
        level,
        options: vec![],
    };
    let recreate = |level| Content::Recreate {
        cluster: 9,
        node: 1,
        nonce: 5,
        peer_addr: addr(),
        client_addr: addr(),
        revision: 100,
        level,
    };
    let raise = |level| Content::Raise { level };
    scope(1, async {
        for (content, is_created, refused) in [
            (raise(2), true, true),
            (raise(1), true, false),
            (raise(2), false, false),
            (create(2), false, true),
            (create(1), false, false),
            (create(2), true, false),
            (recreate(2), false, true),
            (recreate(2), true, false),
        ] {
            let (mut machine, executor) = machine(false).await;
            executor.gate.write().await.cluster.id = u128::from(is_created);
            let before = executor.gate.read().await.cluster.clone();
            let applied = machine.apply_one(entry(6, encode(&content))).await;
            assert_eq!(applied.is_err(), refused, "{content:?}, {is_created}");
            let state = executor.gate.read().await;
            let Err(error) = applied else {
                assert_eq!(machine.group.level(), if state.cluster == before { 0 } else { state.cluster.level });
                assert!(state.cluster.level <= 1 && state.now_ms() == 1006);
                continue;
            };
            let error = error.to_string();
            assert!(error.contains("log entry 6") && error.contains("feature level 2, this binary knows 1"), "{error}");
            assert!(state.cluster == before && state.now_ms() == 0 && machine.group.applied().index == 5);
        }
    })
    .await;
}

/// Looks, when it is woken, whether others may look at the state.
struct Looker {
    gate: Gate,
    seen: Mutex<Vec<bool>>,
}

impl Wake for Looker {
    fn wake(self: Arc<Self>) {
        self.seen.lock().push(self.gate.try_read().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn replies_are_sent_when_the_gate_is_free_and_the_entry_counts_in_its_clock() {
    scope(1, async {
        let (mut machine, executor) = machine(false).await;
        let group = machine.group.clone();
        machine.apply_one(entry(6, encode(&Content::Boot { node: 1, nonce: 4 }))).await.unwrap();
        assert_eq!(group.origin.boot(), Some(6));
        let steps = vec![Step::Write(Command::new(lookup(b"set").unwrap(), 0, Args::from_slices(["SET", "k", "v"])))];
        let (commands, answered) = CommandGroup::new(steps, ReadLevel::Linearizable, false, 1);
        group.origin.submit(commands);
        let stamp = || Stamp { now_ms: 2000, ..Stamp::default() };
        let Next::HandOver(mut hand_overs) = group.origin.next(Some(OWN), 1, stamp) else { panic!("nothing to do") };
        let Body::Sealed(bytes) = hand_overs.remove(0).body else { panic!("a batch for another leader") };

        let looker = Arc::new(Looker { gate: executor.gate.clone(), seen: Mutex::default() });
        let waker = Waker::from(looker.clone());
        let mut answered = pin!(answered);
        assert!(answered.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        machine.apply_one(sealed(7, bytes)).await.unwrap();
        assert_eq!(*looker.seen.lock(), [true]);
        assert_eq!(group.clock.estimate_ms(), 2000);
        let Poll::Ready(Ok(answered)) = answered.as_mut().poll(&mut Context::from_waker(&waker)) else {
            panic!("no answer")
        };
        assert_eq!(answered.replies, [Reply::Ok]);
        assert_eq!(answered.index, 7);
    })
    .await;
}

/// The only thread for heavy work is kept busy: what needs it waits as a task.
#[test]
fn heavy_entries_run_on_a_thread_of_their_own() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(scope(1, async {
        let (mut machine, _) = machine(true).await;
        let set = Args::from_slices(["SET", "k", "v"]);
        let exec = |count, args: &[&str]| {
            let spec = lookup(args[0].to_lowercase().as_bytes()).unwrap();
            let command = Command::new(spec, 0, Args::from_slices(args));
            let mut batch = BatchWriter::new(0, 0, 64);
            batch.exec(&Exec { watches: Vec::new(), commands: vec![command; count] });
            batch.finish()
        };
        let many = |count| {
            let mut batch = BatchWriter::new(0, 0, 64);
            (0..count).for_each(|_| batch.plain(0, &set));
            batch.finish()
        };
        let all = [
            (false, many(4096)),
            (true, many(5001)),
            (false, exec(100, &["SET", "k", "v"])),
            (true, exec(5001, &["SET", "k", "v"])),
            (false, batch(&[&["SET", "k", "v"], &["EVAL", "return 1", "0"]])),
            (false, exec(1, &["EVAL", "return 1", "0"])),
            (true, batch(&[&["SET", "k", "v"], &["EVAL", "for i = 1, 2 do end", "0"]])),
            (true, exec(1, &["EVAL", "for i = 1, 2 do end", "0"])),
        ];
        for (index, (heavy, unsealed)) in (6..).zip(all) {
            let (release, busy) = std::sync::mpsc::channel::<()>();
            let blocker = tokio::task::spawn_blocking(move || busy.recv().is_err());
            let mut apply = pin!(machine.apply_one(entry(index, unsealed)));
            assert_eq!(futures::poll!(&mut apply).is_pending(), heavy, "entry {index}");
            drop(release);
            assert!(blocker.await.unwrap());
            if heavy {
                apply.await.unwrap();
            }
        }
    }));
}

/// A read of a large value that stands beside a write of the same group runs there too.
#[test]
fn an_entry_is_heavy_by_what_its_own_clients_read_beside_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(scope(1, async {
        let (mut machine, _) = machine(true).await;
        let group = machine.group.clone();
        machine.apply_one(entry(6, encode(&Content::Boot { node: 1, nonce: 4 }))).await.unwrap();
        let fields = (0..5000).flat_map(|i| [format!("f{i}"), "v".into()]);
        let mut fill = BatchWriter::new(0, 0, 64);
        fill.plain(0, &Args::from_slices(["HSET".into(), "large".to_string()].into_iter().chain(fields)));
        fill.plain(0, &Args::from_slices(["HSET", "small", "f", "v"]));
        machine.apply_one(entry(7, fill.finish())).await.unwrap();
        for (index, (key, in_exec, heavy)) in
            (8..).zip([("small", false, false), ("large", false, true), ("small", true, false), ("large", true, true)])
        {
            let command = |line: &[&str]| {
                Command::new(lookup(line[0].to_lowercase().as_bytes()).unwrap(), 0, Args::from_slices(line))
            };
            let (set, read) = (command(&["SET", "k", "v"]), command(&["HVALS", key]));
            let steps = if in_exec {
                let exec = Some(Box::new(Exec { watches: Vec::new(), commands: vec![set, read] }));
                vec![Step::Write(Command { exec, ..command(&["EXEC"]) })]
            } else {
                vec![Step::Write(set), Step::Read(read)]
            };
            let (commands, answered) = CommandGroup::new(steps, ReadLevel::Linearizable, false, 1);
            group.origin.submit(commands);
            let stamp = || Stamp { now_ms: 2000, ..Stamp::default() };
            let Next::HandOver(mut hand_overs) = group.origin.next(Some(OWN), 1, stamp) else {
                panic!("nothing to do")
            };
            let Body::Sealed(bytes) = hand_overs.remove(0).body else { panic!("a batch for another leader") };
            let (release, busy) = std::sync::mpsc::channel::<()>();
            let blocker = tokio::task::spawn_blocking(move || busy.recv().is_err());
            let mut apply = pin!(machine.apply_one(sealed(index, bytes)));
            assert_eq!(futures::poll!(&mut apply).is_pending(), heavy, "{key}, in EXEC: {in_exec}");
            drop(release);
            assert!(blocker.await.unwrap());
            if heavy {
                apply.await.unwrap();
            }
            assert_eq!(answered.await.unwrap().index, index);
        }
    }));
}
