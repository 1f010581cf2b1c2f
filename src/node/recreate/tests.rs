use std::sync::Arc;
use std::time::Duration;

use super::super::MemoryFiles;
use super::*;
use crate::replication::log::MemoryDisk;
use crate::replication::testing::{end_alone, open_log, survivors_log};
use crate::replication::types::scope;

const LOST: u128 = 0x1234_5678_9abc_def0_0000_0000_0000_0001;
const PEER_ADDR: &str = "n3:2";

fn addrs() -> Addresses {
    Addresses { peer: PEER_ADDR.into(), client: "n3:1".into(), is_for_others: true }
}

fn env() -> Env {
    let (clocks, net) = (Arc::new(crate::sys::clock::SystemClocks), Arc::new(crate::sys::env::Tcp));
    Env {
        clocks,
        net,
        random: Arc::new(|| 7),
        threads: false,
        level: 1,
        spikes: Arc::default(),
        memory: crate::sys::memory::used_bytes,
    }
}

fn member() -> NodeIdentity {
    let peers = vec![(1, "n1:2".to_owned()), (3, "n3:2".to_owned())];
    NodeIdentity { cluster: LOST, node: 3, nonce: 9, founder: true, peers, log_begun: true, made_of: None }
}

/// What the log ends with is of `identity`'s cluster alone, and it is the end.
async fn check_end(log: &LogStore, identity: &NodeIdentity, term: u64, index: u64) {
    let (at, content) = end_alone(log).await;
    assert_eq!(at, (term, index + 2));
    let Content::Recreate { cluster, node: 3, nonce: 9, .. } = content else { panic!("{content:?}") };
    assert_eq!(cluster, identity.cluster);
}

#[tokio::test(start_paused = true)]
async fn the_log_ends_with_a_cluster_of_one() {
    scope(1, async {
        let (disk, files, env) = (MemoryDisk::new(), MemoryFiles::default(), env());
        let log = survivors_log(&disk).await;
        let mut identity = member();
        begin(&env, &files, &mut identity, "123456789AB", true, PEER_ADDR).unwrap();
        assert!(identity.cluster != LOST && !identity.founder && identity.peers == [(3, "n3:2".to_owned())]);
        carry_out(&env, &files, &mut identity, &log, &addrs()).await.unwrap();
        check_end(&log, &identity, 5, 5).await;
        disk.crash();
        check_end(&open_log(&disk).await, &identity, 5, 5).await;

        // Once.
        let before = identity.clone();
        begin(&env, &files, &mut identity, "12345678", true, PEER_ADDR).unwrap();
        carry_out(&env, &files, &mut identity, &log, &addrs()).await.unwrap();
        assert_eq!((identity, end_of(&log)), (before, (5, 7)));
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
                let log = survivors_log(&disk).await;
                let mut identity = member();
                begin(&env, &files, &mut identity, "12345678", true, PEER_ADDR).unwrap();
                let mut kept = identity.clone();
                {
                    let addrs = addrs();
                    let mut cut = Box::pin(carry_out(&env, &files, &mut identity, &log, &addrs));
                    for _ in 0..polls {
                        if futures::poll!(cut.as_mut()).is_ready() {
                            break;
                        }
                        tokio::time::advance(Duration::from_millis(1)).await;
                        tokio::task::yield_now().await;
                    }
                }
                disk.crash_keeping(writes_kept);
                let log = open_log(&disk).await;
                // As the directory has it: not done, whatever the log holds.
                carry_out(&env, &files, &mut kept, &log, &addrs()).await.unwrap();
                let (term, index) = end_of(&log);
                check_end(&log, &kept, term, index - 2).await;
                assert!(index >= 7 && kept.made_of.unwrap().done, "{polls} {writes_kept}");
            }
        }
    })
    .await;
}

#[test]
fn force_new_cluster_with_a_wrong_id_is_refused_and_changes_nothing() {
    let (files, env) = (MemoryFiles::default(), env());
    for (lost, holds, why) in [
        ("1234567", true, "at least 8 digits"),
        ("", true, "at least 8 digits"),
        ("12345679", true, "is of cluster 123456789abcdef00000000000000001"),
        ("yes please", true, "is of cluster"),
        ("12345678", false, "take another survivor"),
    ] {
        let mut identity = member();
        let refused = begin(&env, &files, &mut identity, lost, holds, PEER_ADDR).unwrap_err().0;
        assert!(refused.contains(why), "{refused}");
        assert_eq!(identity, member());
        assert_eq!(files.read("identity").unwrap(), None);
    }
}
