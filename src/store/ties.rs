//! Whose the holds of locks are: by the request that each was granted to, by the connection or session that it ends with.
//!
//! Invariant: a function of the locks alone: each hold stands here once for its request, if it has one, and once for what it is bound to. No
//! snapshot holds it. All is shared with images.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::{Bound, Hold, WaiterId};

/// What a hold is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// The request that was granted it, if no other was told of it.
    Request(WaiterId),
    /// A connection or a session.
    Bound(Bound),
}

impl Tie {
    /// All of a hold.
    pub(super) fn of(hold: &Hold) -> impl Iterator<Item = Self> {
        let bound = match hold.bound {
            Bound::Time | Bound::Neither { .. } => None,
            bound @ (Bound::Connection { .. } | Bound::Session(_)) => Some(Self::Bound(bound)),
        };
        hold.asker.map(Self::Request).into_iter().chain(bound)
    }
}

/// A hold, named by its database, its key and its token: tokens order the holds of one tie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TiedHold {
    pub(super) token: u64,
    pub(super) db: u8,
    pub(super) key: Arc<[u8]>,
}

/// See the module's header.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ties {
    holds: OrdSet<(Tie, TiedHold)>,
    of_sessions: OrdMap<u64, u64>,
}

/// The ties of one key's holds, with their tokens.
pub(super) type TiesOfKey = BTreeSet<(Tie, u64)>;

impl Ties {
    /// The holds that are tied to this, in the order of their tokens.
    pub(super) fn of(&self, tie: Tie) -> Vec<TiedHold> {
        let of_tie = self.from(tie).take_while(|(found, _)| *found == tie);
        of_tie.map(|(_, hold)| hold.clone()).collect()
    }

    /// The keys of those holds, each once, in the order of the first tokens.
    pub(super) fn keys_of(&self, tie: Tie) -> Vec<(u8, Arc<[u8]>)> {
        let mut seen = BTreeSet::new();
        let keys = self.of(tie).into_iter().map(|hold| (hold.db, hold.key));
        keys.filter(|key| seen.insert(key.clone())).collect()
    }

    /// The same of all connections of a node.
    pub(super) fn of_node(&self, node: u64) -> Vec<(Bound, TiedHold)> {
        let first = Tie::Bound(Bound::Connection { node, boot: 0, connection: 0 });
        let of_node = self.from(first).map_while(|(tie, hold)| match tie {
            Tie::Bound(bound @ Bound::Connection { node: of, .. }) if *of == node => Some((*bound, hold.clone())),
            _ => None,
        });
        of_node.collect()
    }

    fn from(&self, first: Tie) -> impl Iterator<Item = &(Tie, TiedHold)> {
        self.holds.range((first, TiedHold { token: 0, db: 0, key: Arc::from([]) })..)
    }

    /// How many holds a session has.
    pub(super) fn len_of_session(&self, session: u64) -> u64 {
        self.of_sessions.get(&session).copied().unwrap_or(0)
    }

    /// Of all holds of a key.
    pub(super) fn of_key<'a>(holds: impl IntoIterator<Item = &'a Hold>) -> TiesOfKey {
        holds.into_iter().flat_map(|hold| Tie::of(hold).map(|tie| (tie, hold.token))).collect()
    }

    /// The holds of a key have changed.
    pub(super) fn change(&mut self, db: usize, key: &[u8], before: &TiesOfKey, after: &TiesOfKey) {
        if before == after {
            return;
        }
        let key: Arc<[u8]> = key.into();
        let named = |token: u64| TiedHold { token, db: db as u8, key: key.clone() };
        for (tie, token) in before.difference(after) {
            self.holds.remove(&(*tie, named(*token)));
            if let Tie::Bound(Bound::Session(session)) = tie
                && let Some(count) = self.of_sessions.get_mut(session)
            {
                *count -= 1;
                if *count == 0 {
                    self.of_sessions.remove(session);
                }
            }
        }
        for (tie, token) in after.difference(before) {
            self.holds.insert((*tie, named(*token)));
            if let Tie::Bound(Bound::Session(session)) = tie {
                *self.of_sessions.entry(*session).or_insert(0) += 1;
            }
        }
    }
}
