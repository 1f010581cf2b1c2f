use std::sync::Arc;
use std::time::Duration;

use openraft::RaftLogReader;

use super::super::MemoryFiles;
use super::*;
use crate::executor::entry::decode;
use crate::replication::log::{LogOptions, MemoryDisk};
use crate::replication::types::scope;

const LOST: u128 = 0x1234_5678_9abc_def0_0000_0000_0000_0001;
const ADDRS: (&str, &str) = ("n3:2", "n3:1");

fn env() -> Env {
    let (clocks, net) = (Arc::new(crate::sys::clock::SystemClocks), Arc::new(crate::sys::env::Tcp));
    Env { clocks, net, random: Arc::new(|| 7), threads: false }
}

fn member() -> NodeIdentity {
    let peers = vec![(1, "n1:2".to_owned()), (3, "n3:2".to_owned())];
    NodeIdentity { cluster: LOST, node: 3, nonce: 9, founder: true, peers, log_begun: true, made_of: None }
}

async fn open(disk: &MemoryDisk) -> LogStore {
    LogStore::open(Arc::new(disk.open(Duration::from_millis(1))), 0, LogOptions::default()).await.unwrap()
}

fn id(term: u64, node: u64, index: u64) -> LogId {
    LogId { leader_id: CommittedLeaderId::new(term, node), index }
}

/// A log of entries 1 to 5 of node 1's term 2, in whose term 4 this node has voted.
async fn survivor(disk: &MemoryDisk) -> LogStore {
    let mut log = open(disk).await;
    let entry = |index| Entry { log_id: id(2, 1, index), payload: EntryPayload::Blank };
    log.blocking_append((0..=5).map(entry).collect::<Vec<_>>()).await.unwrap();
    log.save_vote(&Vote::new(4, 2)).await.unwrap();
    log
}

/// What the log ends with is of `identity`'s cluster alone, and it is the end.
async fn check_end(log: &LogStore, identity: &NodeIdentity, term: u64, index: u64) {
    let last = log.last_log_id().unwrap();
    assert_eq!(last, id(term, 3, index + 2));
    assert_eq!(log.vote(), Some(Vote::new_committed(term, 3)));
    let end = log.clone().try_get_log_entries(index + 1..index + 3).await.unwrap();
    let EntryPayload::Membership(membership) = &end[0].payload else { panic!("{end:?}") };
    assert_eq!(membership.voter_ids().collect::<Vec<_>>(), [3]);
    assert_eq!(membership.nodes().map(|(node, peer)| (*node, peer.addr.as_str())).collect::<Vec<_>>(), [(3, "n3:2")]);
    let EntryPayload::Normal(Payload(bytes)) = &end[1].payload else { panic!("{end:?}") };
    let Content::Recreate { cluster, node: 3, nonce: 9, .. } = decode(bytes).unwrap().content else { panic!() };
    assert_eq!(cluster, identity.cluster);
}

#[tokio::test(start_paused = true)]
async fn the_log_ends_with_a_cluster_of_one() {
    scope(1, async {
        let (disk, files, env) = (MemoryDisk::new(), MemoryFiles::default(), env());
        let mut log = survivor(&disk).await;
        let mut identity = member();
        begin(&env, &files, &mut identity, "123456789AB", true, ADDRS.0).unwrap();
        assert!(identity.cluster != LOST && !identity.founder && identity.peers == [(3, "n3:2".to_owned())]);
        carry_out(&env, &files, &mut identity, &mut log, ADDRS).await.unwrap();
        check_end(&log, &identity, 5, 5).await;
        disk.crash();
        check_end(&open(&disk).await, &identity, 5, 5).await;

        // Once.
        let before = identity.clone();
        begin(&env, &files, &mut identity, "12345678", true, ADDRS.0).unwrap();
        carry_out(&env, &files, &mut identity, &mut log, ADDRS).await.unwrap();
        assert_eq!((identity, log.last_log_id()), (before, Some(id(5, 3, 7))));
    })
    .await;
}

/// Power may be lost at any write of it: the next start, without the option too, ends what was begun, as the same new cluster.
#[tokio::test(start_paused = true)]
async fn a_start_that_is_cut_off_is_ended_by_the_next() {
    scope(1, async {
        for polls in 0..12 {
            for writes_kept in 0..3 {
                let (disk, files, env) = (MemoryDisk::new(), MemoryFiles::default(), env());
                let mut log = survivor(&disk).await;
                let mut identity = member();
                begin(&env, &files, &mut identity, "12345678", true, ADDRS.0).unwrap();
                let mut kept = identity.clone();
                {
                    let mut cut = Box::pin(carry_out(&env, &files, &mut identity, &mut log, ADDRS));
                    for _ in 0..polls {
                        if futures::poll!(cut.as_mut()).is_ready() {
                            break;
                        }
                        tokio::time::advance(Duration::from_millis(1)).await;
                        tokio::task::yield_now().await;
                    }
                }
                disk.crash_keeping(writes_kept);
                let mut log = open(&disk).await;
                // As the directory has it: not done, whatever the log holds.
                carry_out(&env, &files, &mut kept, &mut log, ADDRS).await.unwrap();
                let last = log.last_log_id().unwrap();
                check_end(&log, &kept, last.leader_id.term, last.index - 2).await;
                assert!(last.index >= 7 && kept.made_of.unwrap().done, "{polls} {writes_kept}");
            }
        }
    })
    .await;
}

/// A snapshot that was taken over and reaches beyond the log: what follows stands behind it.
#[tokio::test(start_paused = true)]
async fn it_stands_behind_what_a_snapshot_covers() {
    scope(1, async {
        let (disk, files, env) = (MemoryDisk::new(), MemoryFiles::default(), env());
        let mut log = survivor(&disk).await;
        let mut identity = member();
        begin(&env, &files, &mut identity, "12345678", true, ADDRS.0).unwrap();
        log.follow(id(7, 2, 90)).await.unwrap();
        carry_out(&env, &files, &mut identity, &mut log, ADDRS).await.unwrap();
        check_end(&log, &identity, 8, 90).await;
        assert_eq!(log.first_index(), 91);
    })
    .await;
}

#[test]
fn what_is_not_meant_is_refused_and_changes_nothing() {
    let (files, env) = (MemoryFiles::default(), env());
    for (lost, holds, why) in [
        ("1234567", true, "at least 8 digits"),
        ("", true, "at least 8 digits"),
        ("12345679", true, "is of cluster 123456789abcdef00000000000000001"),
        ("yes please", true, "is of cluster"),
        ("12345678", false, "take another survivor"),
    ] {
        let mut identity = member();
        let refused = begin(&env, &files, &mut identity, lost, holds, ADDRS.0).unwrap_err().0;
        assert!(refused.contains(why), "{refused}");
        assert_eq!(identity, member());
        assert_eq!(files.read("identity").unwrap(), None);
    }
}
