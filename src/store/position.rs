//! Where a key stands in the order that scans, snapshots and hash slots share.
//!
//! A position is 53 bits: the hash slot in the upper 14, a hash of the key below. So the keys of one slot are
//! neighbours, a scan's cursor means the same on every node, and JavaScript numbers keep it exact.

use std::ops::Range;

use crc::{CRC_16_XMODEM, Crc, Table};
use xxhash_rust::xxh3::xxh3_64;

/// Number of hash slots (Redis Cluster).
pub const SLOTS: usize = 16384;
/// Width of a position, and so of a scan's cursor.
pub const CURSOR_BITS: u32 = 53;
/// Number of shards of a database: each holds a run of 64 slots. Few enough that their heads stay in a core's cache.
pub const SHARDS: usize = 256;
const SLOT_SHIFT: u32 = CURSOR_BITS - SLOTS.ilog2();
/// Bits of a position that tell the keys of one shard apart.
pub(super) const KEY_BITS: u32 = CURSOR_BITS - SHARDS.ilog2();

static CRC16: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_XMODEM);

/// A key's place in the keyspace's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position(pub u64);

impl Position {
    /// The position of `key`.
    pub fn of(key: &[u8]) -> Self {
        Self((u64::from(slot(key)) << SLOT_SHIFT) | (xxh3_64(key) >> (64 - SLOT_SHIFT)))
    }

    /// The shard that holds it.
    pub fn shard(self) -> usize {
        (self.0 >> KEY_BITS) as usize % SHARDS
    }

    /// The first position of a shard.
    pub fn start_of(shard: usize) -> Self {
        Self((shard as u64) << KEY_BITS)
    }

    /// All positions of a hash slot.
    pub fn slot_range(slot: u16) -> Range<Self> {
        let at = |slot: u64| Self(slot << SLOT_SHIFT);
        at(slot.into())..at(u64::from(slot) + 1)
    }

    /// The bits that tell keys of one shard apart, spread over a word for the shard's table.
    pub fn table_hash(self) -> u64 {
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// CRC16/XMODEM of the key, or of what stands in its first non-empty `{…}`, mod 16384 (Redis Cluster
/// specification, "Hash tags").
pub fn slot(key: &[u8]) -> u16 {
    let tag = memchr::memchr(b'{', key).and_then(|open| {
        let rest = key.get(open + 1..)?;
        let close = memchr::memchr(b'}', rest)?;
        rest.get(..close).filter(|tag| !tag.is_empty())
    });
    CRC16.checksum(tag.unwrap_or(key)) % SLOTS as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis_cluster() {
        assert_eq!(slot(b"123456789"), 0x31C3);
        assert_eq!(slot(b"foo"), 12182);
        assert_eq!(slot(b"{user1000}.following"), slot(b"user1000"));
        assert_eq!(slot(b"foo{}{bar}"), 8363);
    }

    #[test]
    fn a_position_fits_a_double_and_names_its_shard() {
        for i in 0..1000u32 {
            let key = i.to_le_bytes();
            let position = Position::of(&key);
            assert!(position.0 < 1 << CURSOR_BITS);
            assert_eq!(position.shard(), usize::from(slot(&key)) * SHARDS / SLOTS);
        }
    }
}
