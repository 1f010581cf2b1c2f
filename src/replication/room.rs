//! `disk-reserve` (design 7): with too little free disk the leader refuses batches before they reach the log, because a node
//! that cannot write its log can neither go on nor start again.
//!
//! Invariants
//! - What the leader's disk says counts, on every node: an entry that it has taken goes to all logs anyway.
//! - Below the reserve only what frees space passes ([`Flags::FREES`]), below half of it no batch with commands; ticks, boots and
//!   void batches always do.
//! - A refused batch did not reach the log, and its clients are told so.
//! - Half of the reserve is the log's alone: a snapshot, of this node or from a peer, that would reach into it is given up.
//!
//! A node samples its own disk. Another node's origin learns of the leader's state by a refusal, and believes it for [`BELIEVED`]; then
//! the next write asks again.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Group;
use crate::command::{Caller, Flags, check, script::in_log};
use crate::executor::Command;
use crate::executor::entry::{Content, LogCommand, decode};
use crate::protocol::Args;

/// See the module's header.
const BELIEVED: Duration = Duration::from_secs(1);

/// How much room the leader's disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Enough.
    Enough = 0,
    /// Less than `disk-reserve`.
    Low = 1,
    /// Less than half of it.
    Out = 2,
}

impl Room {
    /// By its number; an unknown one is [`Self::Out`].
    pub fn of(number: u8) -> Self {
        match number {
            0 => Self::Enough,
            1 => Self::Low,
            _ => Self::Out,
        }
    }

    /// What `free` bytes leave of `reserve`.
    fn with(free: u64, reserve: u64) -> Self {
        match free {
            free if free >= reserve => Self::Enough,
            free if free >= floor(reserve) => Self::Low,
            _ => Self::Out,
        }
    }

    /// True if a write with these flags passes.
    pub fn admits(self, flags: Flags) -> bool {
        match self {
            Self::Enough => true,
            Self::Low => flags.contains(Flags::FREES),
            Self::Out => false,
        }
    }

    /// True if a command passes: each write in it.
    pub fn admits_command(self, command: &Command) -> bool {
        match &command.exec {
            _ if self == Self::Enough => true,
            Some(exec) => exec.commands.iter().all(|inner| !inner.spec.is_write() || self.admits(inner.spec.flags)),
            None => !command.spec.is_write() || self.admits(command.spec.flags),
        }
    }

    /// True if a sealed entry passes.
    pub fn admits_entry(self, sealed: &bytes::Bytes) -> bool {
        if self == Self::Enough {
            return true;
        }
        // What cannot be decoded is not judged here.
        let Ok(entry) = decode(sealed) else { return true };
        let Content::Batch(batch) = &entry.content else { return true };
        let admits = |args: &Args| {
            check(Caller::Log, args).map(in_log).map_or(true, |spec| !spec.is_write() || self.admits(spec.flags))
        };
        batch.commands().flatten().all(|command| match command {
            LogCommand::Plain { args, .. } => admits(&args),
            LogCommand::Exec { commands, .. } => commands.iter().all(|(_, args)| admits(args)),
        })
    }
}

/// Below so many free bytes nothing passes.
fn floor(reserve: u64) -> u64 {
    reserve / 2
}

/// What this node knows of room.
#[derive(Default)]
pub struct Disk {
    own: AtomicU8,
    /// Half of the reserve.
    floor: AtomicU64,
    /// True once a leader has refused something: else there is nothing to look up.
    was_told: AtomicBool,
    /// Who refused, why, and when.
    told: Mutex<Option<(u64, Room, Instant)>>,
}

impl Group {
    /// How much room there is on this node's disk.
    pub fn own_room(&self) -> Room {
        Room::of(self.disk.own.load(Ordering::Relaxed))
    }

    /// Free bytes of the disk that only the log may take.
    pub fn disk_floor(&self) -> u64 {
        self.disk.floor.load(Ordering::Relaxed)
    }

    /// How much room there is on the leader's disk, as far as this node knows.
    pub fn room(&self) -> Room {
        if self.leads() {
            return self.own_room();
        }
        if !self.disk.was_told.load(Ordering::Relaxed) {
            return Room::Enough;
        }
        let leader = self.leader().map(|leader| leader.node);
        match *self.disk.told.lock() {
            Some((node, room, at)) if leader == Some(node) && at.elapsed() < BELIEVED => room,
            _ => Room::Enough,
        }
    }

    /// Takes a sample of this node's own disk.
    pub fn note_free_bytes(&self, free: u64, reserve: u64) {
        self.disk.floor.store(floor(reserve), Ordering::Relaxed);
        let room = Room::with(free, reserve);
        if self.disk.own.swap(room as u8, Ordering::Relaxed) != room as u8 {
            let mb = |bytes: u64| bytes >> 20;
            crate::sys::log::warning(&match room {
                Room::Enough => format!("{} MB of disk are free, enough to take writes", mb(free)),
                Room::Low => format!(
                    "only {} MB of disk are free, disk-reserve is {} MB: as leader this node takes only deletions",
                    mb(free),
                    mb(reserve)
                ),
                Room::Out => format!(
                    "only {} MB of disk are free, less than half of disk-reserve ({} MB): as leader this node takes no writes",
                    mb(free),
                    mb(reserve)
                ),
            });
        }
    }

    /// The leader on `node` has refused a batch of this node for want of room.
    pub(super) fn note_refusal(&self, node: u64, room: Room) {
        *self.disk.told.lock() = Some((node, room, Instant::now()));
        self.disk.was_told.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_reserve_is_for_what_frees_space() {
        let (free, other) = (Flags::WRITE.union(Flags::FREES), Flags::WRITE);
        for (bytes, room, frees, others) in [
            (100, Room::Enough, true, true),
            (99, Room::Low, true, false),
            (50, Room::Low, true, false),
            (49, Room::Out, false, false),
            (0, Room::Out, false, false),
        ] {
            assert_eq!(Room::with(bytes, 100), room, "{bytes}");
            assert_eq!((room.admits(free), room.admits(other)), (frees, others), "{bytes}");
        }
        assert_eq!(Room::with(0, 0), Room::Enough, "0 turns it off");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_believed_for_a_while_and_of_that_leader() {
        use crate::replication::origin::Leader;
        use crate::replication::testing::group;
        use crate::replication::types::scope;
        scope(1, async {
            let group = group(Leader { term: 3, node: 2 }, std::sync::Arc::new(crate::sys::env::Tcp), false).await;
            assert_eq!(group.room(), Room::Enough);
            group.note_refusal(3, Room::Out);
            assert_eq!(group.room(), Room::Enough, "another leader's disk");
            group.note_refusal(2, Room::Low);
            assert_eq!(group.room(), Room::Low);
            tokio::time::advance(BELIEVED).await;
            assert_eq!(group.room(), Room::Enough, "the next write asks again");
        })
        .await;
    }
}
