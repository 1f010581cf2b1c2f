use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::node::MemoryFiles;
use crate::replication::log::{LogOptions, MemoryDisk};

#[test]
fn an_identity_reads_back_and_damage_is_noticed() {
    let identity = NodeIdentity {
        cluster: 7,
        node: 3,
        nonce: 9,
        founder: false,
        peers: vec![(1, "127.0.0.1:17101".into()), (3, "[::1]:17103".into())],
        log_begun: false,
        made_of: None,
    };
    let begun = NodeIdentity { log_begun: true, ..identity.clone() };
    let made_of = |done| NodeIdentity { made_of: Some(MadeOf { cluster: 9, done }), ..begun.clone() };
    for identity in [identity, begun.clone(), made_of(false), made_of(true)] {
        let text = identity.to_text();
        assert_eq!(NodeIdentity::from_text(&text), Some(identity));
        for at in 0..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(NodeIdentity::from_text(&changed), None, "byte {at}");
        }
    }
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

async fn start(disk: &MemoryDisk, files: &MemoryFiles) -> Result<(NodeIdentity, LogStore), Fatal> {
    let env = env();
    let log = LogStore::open(Arc::new(disk.open(Duration::from_millis(1))), 0, LogOptions::default()).await?;
    let holds = Holds { log: log.has_begun(), snapshot: false };
    let addrs = Addresses { peer: "127.0.0.1:1".into(), client: "127.0.0.1:2".into(), is_for_others: true };
    Ok((establish(&env, files, holds, &Settings::default(), &Invitations::default(), &addrs).await?, log))
}

/// Killed at any point of its first start a node starts again as who it was; only then is an empty log a lost one.
#[tokio::test(start_paused = true)]
async fn empty_log_is_a_lost_one_only_after_the_first_start() {
    let whole = async {
        for writes_kept in [0, 1] {
            let (disk, files) = (MemoryDisk::new(), MemoryFiles::default());
            let (first, log) = start(&disk, &files).await.unwrap();
            assert!(!log.has_begun());
            // Killed with the log's first record under way: it is there or not, and the mark is not.
            let mut marked = first.clone();
            let mut beginning = Box::pin(begin_log(&files, &log, &mut marked));
            assert!(futures::poll!(beginning.as_mut()).is_pending());
            drop(beginning);
            disk.crash_keeping(writes_kept);
            let (mut again, log) = start(&disk, &files).await.unwrap();
            assert_eq!((log.has_begun(), &again), (writes_kept == 1, &first));
            begin_log(&files, &log, &mut again).await.unwrap();
            disk.crash();
            let (marked, log) = start(&disk, &files).await.unwrap();
            assert!(marked.log_begun && log.has_begun());
            // Another disk: the log is lost.
            let why = start(&MemoryDisk::new(), &files).await.err().unwrap().to_string();
            assert!(why.contains("the log is gone") && why.contains("RAFT.REMOVE"), "{why}");
            // And the other way round.
            let why = start(&disk, &MemoryFiles::default()).await.err().unwrap().to_string();
            assert!(why.contains("not the file `identity`"), "{why}");
        }
    };
    crate::replication::types::scope(7, whole).await;
}
