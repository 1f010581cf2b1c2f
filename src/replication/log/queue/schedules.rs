//! In whatever order threads come to the queue: each write is taken once, those of a thread in their order, and the log's thread ends when it is
//! closed, not before.

use std::sync::atomic::AtomicU64;

use shuttle::sync::Arc;
use shuttle::thread;

use super::*;
use crate::bounds;
use crate::replication::log::Done;
use crate::sys::sync::explored_orders;

const WRITERS: u64 = 2;
const WRITES: u64 = 3;

fn write(group: u64, number: u64) -> Write {
    let progress = std::sync::Arc::new(AtomicU64::new(0));
    Write { group, number, entries: Vec::new(), compact_to: None, state: Vec::new(), done: Done::Nobody, progress }
}

fn run() {
    let queue = Arc::new(Queue::default());
    let log = {
        let queue = queue.clone();
        thread::spawn(move || {
            let mut taken = vec![Vec::new(); WRITERS as usize];
            while let Some(writes) = queue.take() {
                writes.iter().for_each(|write| taken[write.group as usize].push(write.number));
            }
            taken
        })
    };
    let writers: Vec<_> = (0..WRITERS)
        .map(|group| {
            let queue = queue.clone();
            thread::spawn(move || (0..WRITES).for_each(|number| queue.push(write(group, number))))
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    queue.close();
    let all: Vec<u64> = (0..WRITES).collect();
    assert_eq!(log.join().unwrap(), vec![all; WRITERS as usize]);
}

#[test]
fn each_write_is_taken_once_and_in_order() {
    assert_eq!(explored_orders(None, bounds::scaled(bounds::SCHEDULES), run), None);
}

#[test]
fn write_that_is_missed_is_found() {
    let bug = "the log's thread misses a write that comes while it goes to sleep";
    let found = explored_orders(Some(bug), bounds::scaled(bounds::SCHEDULES), run);
    assert!(found.as_ref().is_some_and(|found| found.contains("deadlock")), "{found:?}");
}
