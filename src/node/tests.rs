//! What a start makes of what the last process left.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use super::*;
use crate::command::later::NEXT;
use crate::command::lookup;
use crate::config::Settings;
use crate::protocol::{Args, Reply};
use crate::replication::log::MemoryDisk;
use crate::replication::testing::{Alone, contradict, open_log};
use crate::replication::types::scope;
use crate::snapshot::MemoryStore;
use crate::sys::env::{BoxStream, Listener};

/// A port that nobody connects to.
struct Quiet;

impl Listener for Quiet {
    fn accept(&self) -> Pin<Box<dyn Future<Output = io::Result<BoxStream>> + Send + '_>> {
        Box::pin(std::future::pending())
    }

    fn port(&self) -> u16 {
        6379
    }
}

/// What a machine keeps of its node.
#[derive(Default)]
struct Machine {
    files: Arc<MemoryFiles>,
    log: MemoryDisk,
    snapshots: MemoryStore,
}

impl Machine {
    async fn start(&self) -> Result<Node, Fatal> {
        self.start_with(1, Settings::default()).await
    }

    /// With a binary that knows this feature level.
    async fn start_with(&self, level: u32, settings: Settings) -> Result<Node, Fatal> {
        let clocks = Arc::new(crate::sys::clock::SystemClocks);
        let env = Env {
            clocks,
            net: Arc::new(Alone),
            random: Arc::new(|| 7),
            threads: false,
            level,
            spikes: Arc::default(),
            memory: crate::sys::memory::used_bytes,
        };
        let storage = Storage {
            files: self.files.clone(),
            log: Arc::new(self.log.open(Duration::from_millis(1))),
            snapshots: Arc::new(self.snapshots.clone()),
        };
        let ports = Ports { clients: Box::new(Quiet), peers: Box::new(Quiet) };
        let node = Node::start(env, settings, StartOptions::default(), || Ok(storage), ports).await?;
        Ok(node.expect("a node that nobody stops"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_has_the_options_of_its_node() {
    scope(1, async {
        let settings = Settings { write_timeout_ms: 77, ..Settings::default() };
        let node = Machine::default().start_with(1, settings).await.unwrap();
        assert_eq!(node.group.timeout(), Duration::from_millis(77));
        node.stop().await;
    })
    .await;
}

/// A snapshot of a later leader was received and made the newest, and the power was lost before the log had followed it.
#[tokio::test(start_paused = true)]
async fn a_log_that_contradicts_the_newest_snapshot_follows_it() {
    scope(1, async {
        // How far the snapshot reaches beyond what both have, of three entries more in the log.
        for covers in [1, 3, 5] {
            let machine = Machine::default();
            let node = machine.start().await.unwrap();
            while !node.group.is_recovered() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            replication::take_snapshot(&node.group).await.unwrap();
            let dir = node.group.snapshots.dir.clone();
            node.stop().await;

            let mut log = open_log(&machine.log).await;
            let covers = contradict(&mut log, &dir, covers).await;
            machine.log.crash();
            machine.snapshots.crash(|| false);

            let node = machine.start().await.unwrap_or_else(|why| panic!("{covers}: {why}"));
            while !node.group.is_recovered() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert!(node.group.applied().index > covers);
            assert_eq!(node.group.log.first_index(), covers + 1);
        }
    })
    .await;
}

/// What a node submits by itself does not go through the gate for clients: it waits for its level all the same.
#[tokio::test(start_paused = true)]
async fn a_nodes_own_command_waits_for_its_feature_level() {
    scope(1, async {
        for (level, is_taken) in [(NEXT - 1, false), (NEXT, true)] {
            let node = Machine::default().start_with(level, Settings::default()).await.unwrap();
            while node.group.level() == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let later = Args::from_slices(["TEST.LATER", "k", "v"]);
            let reply = node.server.router.execute(lookup(b"test.later").unwrap(), later).await;
            let refused = matches!(&reply, Reply::Error(error) if error.to_string().contains("is not available"));
            assert_eq!((refused, reply == Reply::Ok), (!is_taken, is_taken), "{reply:?}");
        }
    })
    .await;
}
