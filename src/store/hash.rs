//! The hash value.

use imbl::OrdMap;
use xxhash_rust::xxh3::xxh3_64;

type Bytes = Box<[u8]>;

/// Fields and values. Small ones in one list in insertion order, as Redis's listpack; large ones in a persistent
/// B-tree ordered by (hash of the field, field): a clone is O(1) and shares all that is not written afterwards, and
/// HSCAN's cursor is a place in that order.
#[derive(Clone, Debug, PartialEq)]
pub enum Hash {
    /// In order of insertion.
    Small(Vec<(Bytes, Bytes)>),
    /// Ordered by hash of the field, then field.
    Large(OrdMap<(u64, Bytes), Bytes>),
}

impl Default for Hash {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl Hash {
    /// The place of a field in the order of a large hash.
    pub fn order(field: &[u8]) -> u64 {
        xxh3_64(field)
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        match self {
            Self::Small(fields) => fields.len(),
            Self::Large(fields) => fields.len(),
        }
    }

    /// True without fields.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Self::Small(_) => "listpack",
            Self::Large(_) => "hashtable",
        }
    }

    /// Bytes of memory, roughly.
    pub fn memory(&self) -> usize {
        64 * self.len()
    }
}
