//! What may still go to the log as the leader's disk fills up (design 7).
//!
//! Invariant: below `disk-reserve` only what frees space passes ([`Flags::FREES`]), below half of it no batch with commands; ticks, boots
//! and void batches always do.

use bytes::Bytes;

use super::entry::{Content, LogCommand, decode};
use super::{Command, CommandGroup, Step};
use crate::command::{Caller, Flags, check};
use crate::protocol::Args;

/// How much space a disk has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskSpace {
    /// Enough.
    Enough = 0,
    /// Less than `disk-reserve`.
    Low = 1,
    /// Less than half of it.
    Out = 2,
}

impl DiskSpace {
    /// By its number; an unknown one is [`Self::Out`].
    pub fn of(number: u8) -> Self {
        match number {
            0 => Self::Enough,
            1 => Self::Low,
            _ => Self::Out,
        }
    }

    /// What `free` bytes leave of `reserve`.
    pub fn with(free: u64, reserve: u64) -> Self {
        match free {
            free if free >= reserve => Self::Enough,
            free if free >= reserve / 2 => Self::Low,
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
            Some(exec) => exec.commands.iter().all(|inner| !inner.is_write() || self.admits(inner.spec.flags)),
            None => !command.is_write() || self.admits(command.spec.flags),
        }
    }

    /// True if a group passes: each write in it.
    pub fn admits_group(self, group: &CommandGroup) -> bool {
        group.steps.iter().all(|step| !matches!(step, Step::Write(command) if !self.admits_command(command)))
    }

    /// True if a sealed entry passes.
    pub fn admits_entry(self, sealed: &Bytes) -> bool {
        if self == Self::Enough {
            return true;
        }
        // What cannot be decoded is not judged here.
        let Ok(entry) = decode(sealed) else { return true };
        let Content::Batch(batch) = &entry.content else { return true };
        let admits = |args: &Args| {
            check(Caller::Log, args).map_or(true, |spec| !spec.is_write_in_log() || self.admits(spec.flags))
        };
        batch.commands().flatten().all(|command| match command {
            LogCommand::Plain { args, .. } => admits(&args),
            LogCommand::Exec { commands, .. } => commands.iter().all(|(_, args)| admits(args)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_reserve_is_for_what_frees_space() {
        let (free, other) = (Flags::WRITE.union(Flags::FREES), Flags::WRITE);
        for (bytes, space, frees, others) in [
            (100, DiskSpace::Enough, true, true),
            (99, DiskSpace::Low, true, false),
            (50, DiskSpace::Low, true, false),
            (49, DiskSpace::Out, false, false),
            (0, DiskSpace::Out, false, false),
        ] {
            assert_eq!(DiskSpace::with(bytes, 100), space, "{bytes}");
            assert_eq!((space.admits(free), space.admits(other)), (frees, others), "{bytes}");
        }
        assert_eq!(DiskSpace::with(0, 0), DiskSpace::Enough, "0 turns it off");
    }
}
