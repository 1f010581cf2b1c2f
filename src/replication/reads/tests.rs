//! The read path of one node without Raft: what a leader's index needs, and what a read does that cannot be answered.

use openraft::storage::RaftLogStorage;

use super::super::apply::apply;
use super::super::entry::{BatchWriter, Stamp, decode, seal};
use super::super::log::{LogOptions, LogStore, MemoryDisk};
use super::super::peer::{Identity, Links};
use super::super::types::{LeaderId, LogId, Membership, Peer, StoredMembership, Vote, scope};
use super::super::{Command, Parts};
use super::rounds::finish_when_applied;
use super::*;
use crate::clock::{Clocks, ClusterClock};
use crate::env::{Env, Tcp};
use crate::protocol::Args;
use crate::replication::prepare::Prepared;
use crate::snapshot::{MemoryStore, SnapshotDir};

struct Still;

impl Clocks for Still {
    fn wall_ms(&self) -> u64 {
        0
    }
    fn boottime_ns(&self) -> u64 {
        0
    }
    fn monotonic_ns(&self) -> u64 {
        0
    }
    fn raw_ns(&self) -> u64 {
        0
    }
    fn machine_boot(&self) -> String {
        String::new()
    }
}

const OWN: Leader = Leader { term: 3, node: 1 };

fn log_id(leader: Leader, index: u64) -> LogId {
    LogId::new(LeaderId { term: leader.term, node_id: leader.node }, index)
}

async fn vote(group: &Group, leader: Leader) {
    group.log.clone().save_vote(&Vote::new_committed(leader.term, leader.node)).await.unwrap();
}

/// Node 1, the only voter, leads term 3 and has applied entry 5, which is of its term.
async fn leader() -> Arc<Group> {
    let clocks: Arc<dyn Clocks> = Arc::new(Still);
    let env = Env { clocks: clocks.clone(), net: Arc::new(Tcp), random: Arc::new(|| 4), threads: false };
    let io = Arc::new(MemoryDisk::new().open(Duration::from_millis(1)));
    let group = Group::new(Parts {
        id: 0,
        node: 1,
        env: env.clone(),
        clock: Arc::new(ClusterClock::new(clocks)),
        log: LogStore::open(io, 0, LogOptions::default()).await.unwrap(),
        snapshots: SnapshotDir::open(Arc::new(MemoryStore::new()), 0).unwrap(),
        links: Links::new(env, Identity::new(1, 1, 1, 1, String::new())),
    });
    let peers = std::collections::BTreeMap::from([(1, Peer { addr: "n1:1".into() })]);
    let membership = Membership::new(vec![[1].into()], peers).unwrap();
    *group.membership.lock() = StoredMembership::new(Some(log_id(OWN, 1)), membership);
    group.set_leader(Some(OWN));
    group.set_applied(&log_id(OWN, 5));
    vote(&group, OWN).await;
    group
}

#[tokio::test(start_paused = true)]
async fn a_leaders_index_needs_its_vote_and_an_entry_of_its_term_and_covers_what_it_told() {
    scope(1, async {
        let group = leader().await;
        assert_eq!(group.confirmed_index(OWN, None).await, Some(5));
        group.told_commit.store(9, std::sync::atomic::Ordering::Release);
        assert_eq!(group.confirmed_index(OWN, None).await, Some(9), "another node has answered by entry 9");
        let earlier = Leader { term: 2, node: 2 };
        assert_eq!(group.confirmed_index(earlier, None).await, None, "asked for another leader");
        group.set_applied(&log_id(earlier, 5));
        assert_eq!(
            group.confirmed_index(OWN, None).await,
            None,
            "entries of earlier terms may be committed and unknown"
        );
        group.set_applied(&log_id(OWN, 6));
        vote(&group, Leader { term: 4, node: 2 }).await;
        assert_eq!(group.confirmed_index(OWN, None).await, None, "its own vote has gone to another");
    })
    .await;
}

fn get() -> (Job, oneshot::Receiver<Answered>) {
    let (done, answered) = oneshot::channel();
    let steps =
        vec![Step::Read(Command::new(crate::command::lookup(b"get").unwrap(), 0, Args::from_slices(["GET", "k"])))];
    let level = Level::Linearizable;
    (Job::Commands(CommandGroup { steps, level, no_touch: false, connection: 1, done }), answered)
}

#[tokio::test(start_paused = true)]
async fn a_read_whose_index_is_never_applied_here_fails_at_its_deadline() {
    scope(1, async {
        let group = leader().await;
        let begin = Instant::now();
        let ((early, mut first), (late, mut second)) = (get(), get());
        let half = group.timeout() / 2;
        let ready = vec![Waiting { job: early, since: begin }, Waiting { job: late, since: begin + half }];
        drop(crate::task::spawn(finish_when_applied(group.clone(), ready, 100)));
        tokio::time::sleep(group.timeout() + Duration::from_millis(5)).await;
        assert_eq!(first.try_recv().unwrap().replies, [Reply::Error(LOADING)]);
        assert!(second.try_recv().is_err(), "its time is not over");
        group.set_applied(&log_id(OWN, 100));
        assert_eq!(second.await.unwrap().replies, [Reply::Nil]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_due_by_the_clock_alone_is_read_again_after_a_tick() {
    scope(1, async {
        let group = leader().await;
        let mut batch = BatchWriter::new(0, 0, 64);
        batch.plain(0, &Args::from_slices(["SET", "k", "v", "PX", "1000"]));
        let entry = decode(&seal(batch.finish(), Stamp { now_ms: 10_000, ..Stamp::default() })).unwrap();
        let mut state = group.gate.write().await;
        apply(&mut state, 6, Prepared::new(entry).unwrap(), |_, _| None);
        let value = [Reply::Bulk("v".into())];

        group.clock.follow(10_900);
        let (job, mut answered) = get();
        assert!(look(&group, &state, job, 6, Pass::First).is_none());
        assert_eq!(answered.try_recv().unwrap().replies, value);

        group.clock.follow(11_100);
        let (job, mut answered) = get();
        let again = look(&group, &state, job, 6, Pass::First).expect("only the log expires keys");
        assert!(answered.try_recv().is_err());
        assert!(look(&group, &state, again, 6, Pass::AfterTick).is_none());
        assert_eq!(answered.try_recv().unwrap().replies, value, "the tick that came did not expire it");
    })
    .await;
}
