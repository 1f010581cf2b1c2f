//! A log whose files answer late, or otherwise than the group's record says.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use openraft::RaftLogReader;
use openraft::storage::RaftLogStorage;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::memory::run;
use super::{append, small_window};
use crate::error::Fatal;
use crate::replication::log::testing::{entry, id};
use crate::replication::log::{GroupState, LogIo, LogStore, MemoryDisk, MemoryLog, Write};
use crate::replication::types::Entry;

/// The simulated disk, but for what a test changes.
struct Odd {
    io: MemoryLog,
    /// The next read has its entries, and gives them only after this.
    held: Mutex<Option<oneshot::Receiver<()>>>,
    /// What happens to the record.
    alter: fn(&mut GroupState),
}

impl Odd {
    fn new(disk: &MemoryDisk, alter: fn(&mut GroupState)) -> Arc<Self> {
        Arc::new(Self { io: disk.open(Duration::from_millis(1)), held: Mutex::default(), alter })
    }
}

impl LogIo for Odd {
    fn load(&self, group: u64) -> Result<Option<GroupState>, Fatal> {
        let mut found = self.io.load(group)?;
        found.iter_mut().for_each(self.alter);
        Ok(found)
    }

    fn submit(&self, write: Write) {
        self.io.submit(write);
    }

    fn read(&self, group: u64, start: u64, end: u64, max_bytes: usize) -> BoxFuture<'static, io::Result<Vec<Entry>>> {
        let read = self.io.read(group, start, end, max_bytes);
        let held = self.held.lock().take();
        Box::pin(async move {
            let found = read.await;
            if let Some(held) = held {
                held.await.unwrap();
            }
            found
        })
    }

    fn disk_bytes(&self) -> u64 {
        self.io.disk_bytes()
    }
}

/// What a read had found in the files is looked up again if the end was cut off meanwhile.
#[test]
fn a_read_that_a_truncation_overtakes_is_done_again() {
    run(async {
        let odd = Odd::new(&MemoryDisk::new(), |_| ());
        let mut store = LogStore::open(odd.clone(), 0, small_window()).await.unwrap();
        for from in [0, 20] {
            append(&mut store, (from..from + 20).map(|index| entry(1, index, 50))).await;
        }
        let (release, held) = oneshot::channel();
        *odd.held.lock() = Some(held);
        let mut reader = store.clone();
        let read = crate::replication::spawn(async move { reader.try_get_log_entries(2..5).await });
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(odd.held.lock().is_none() && !read.is_finished(), "it reads from the files");
        store.truncate_after(Some(id(1, 2))).await.unwrap();
        append(&mut store, (3..5).map(|index| entry(2, index, 50))).await;
        release.send(()).unwrap();
        let expected = [entry(1, 2, 50), entry(2, 3, 50), entry(2, 4, 50)];
        let found = read.await.unwrap().unwrap();
        assert_eq!(found, expected[..found.len()]);
        assert!(!found.is_empty());
    });
}

#[test]
fn a_log_that_ends_otherwise_than_its_record_says_is_refused() {
    run(async {
        let disk = MemoryDisk::new();
        let mut store = LogStore::open(Odd::new(&disk, |_| ()), 0, small_window()).await.unwrap();
        append(&mut store, (0..20).map(|index| entry(1, index, 50))).await;
        type Alter = fn(&mut GroupState);
        let altered: [(Alter, &str); 2] = [
            (|state| state.last = Some(id(2, 19)), "its record says"),
            (|state| state.last = Some(id(1, 20)), "not durable"),
        ];
        for (alter, says) in altered {
            let Err(Fatal(why)) = LogStore::open(Odd::new(&disk, alter), 0, small_window()).await else {
                panic!("it is taken")
            };
            assert!(why.contains(says), "{why}");
        }
    });
}
