//! Where raft-engine keeps a group.

/// Key of a group's record.
pub const STATE_KEY: &[u8] = b"state";

/// raft-engine's region of a group; 0 is not used.
pub fn region(group: u64) -> u64 {
    group + 1
}
