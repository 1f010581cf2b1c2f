//! Exactly once: which boots exist and what each has had applied (design 2): the client sessions of the Raft dissertation (6.3), one for
//! each process of a node.
//!
//! Invariants
//! - A boot's id is the index of the entry that made it; a node has at most one boot, the latest.
//! - `accept(boot, seq)` is true once for each seq of a boot, in order, without gaps; everything else is a no-op on every
//!   node alike. So a batch that was sent twice, or out of order, is applied at most once.

use std::collections::BTreeMap;

/// One process of a node, as the log knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// The node's id.
    pub node: u64,
    /// Drawn by the process at its start.
    pub nonce: u64,
    /// The last batch applied; 0 = none yet.
    pub last_seq: u64,
}

/// All boots that exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    boots: BTreeMap<u64, Boot>,
}

impl Origins {
    /// Applies `Boot{node, nonce}` at `index`: the boot's id, and the one that it ended. The same nonce again is a no-op.
    pub fn boot(&mut self, index: u64, node: u64, nonce: u64) -> (u64, Option<u64>) {
        let present = self.of_node(node).map(|(id, boot)| (id, boot.nonce));
        if let Some((id, known)) = present
            && known == nonce
        {
            return (id, None);
        }
        let ended = present.map(|(id, _)| id);
        if let Some(id) = ended {
            self.boots.remove(&id);
        }
        self.boots.insert(index, Boot { node, nonce, last_seq: 0 });
        (index, ended)
    }

    /// True if this batch is the next one of an existing boot; it then counts as applied.
    pub fn accept(&mut self, boot: u64, seq: u64) -> bool {
        match self.boots.get_mut(&boot) {
            Some(known)
                if seq <= known.last_seq && crate::planted::is("a batch that is sent again is applied again") =>
            {
                true
            }
            Some(known) if known.last_seq + 1 == seq => {
                known.last_seq = seq;
                true
            }
            _ => false,
        }
    }

    /// Ends a boot (graceful stop, removal of its node).
    pub fn end(&mut self, boot: u64) -> Option<Boot> {
        self.boots.remove(&boot)
    }

    /// A boot by its id.
    pub fn get(&self, boot: u64) -> Option<&Boot> {
        self.boots.get(&boot)
    }

    /// The boot of a node.
    pub fn of_node(&self, node: u64) -> Option<(u64, &Boot)> {
        self.boots.iter().find(|(_, boot)| boot.node == node).map(|(id, boot)| (*id, boot))
    }

    /// All, by id.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Boot)> {
        self.boots.iter().map(|(id, boot)| (*id, boot))
    }

    /// Restores what a snapshot held.
    pub fn restore(&mut self, id: u64, boot: Boot) {
        self.boots.insert(id, boot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seq_is_accepted_once_and_in_order() {
        let mut origins = Origins::default();
        let (boot, _) = origins.boot(7, 1, 42);
        assert!(!origins.accept(boot, 2), "a gap");
        assert!(origins.accept(boot, 1));
        assert!(!origins.accept(boot, 1), "a duplicate");
        assert!(origins.accept(boot, 2));
        assert_eq!(origins.boot(9, 1, 42), (7, None), "the same nonce is a no-op");
        assert_eq!(origins.boot(10, 1, 43), (10, Some(7)));
        assert!(!origins.accept(boot, 3), "an ended boot");
    }
}
