//! CLIENT

mod elsewhere;
mod help;
mod identity;
mod kill;
mod line;
mod list;
mod modes;
mod pause;
mod tracking;

pub use elsewhere::for_another_node;
pub use line::line;
pub use pause::timeout_ms;

use std::collections::BTreeSet;

use crate::command::context::Client;
use crate::command::{Doc, Family, Flags, Spec};
use crate::error::{ReplyError, c_string};

pub static SPEC: Spec = Spec::container(
    "client",
    Doc::new(Family::Connection, "2.4.0", "Depends on the subcommand", "Looks at connections and changes them."),
    &[
        &tracking::CACHING,
        &modes::CONSISTENCY,
        &tracking::GETREDIR,
        &identity::GETNAME,
        &help::SPEC,
        &identity::ID,
        &list::INFO,
        &kill::SPEC,
        &list::LIST,
        &modes::NO_EVICT,
        &modes::NO_TOUCH,
        &pause::PAUSE,
        &modes::REPLY,
        &identity::SETINFO,
        &identity::SETNAME,
        &tracking::TRACKING,
        &tracking::TRACKINGINFO,
        &pause::UNBLOCK,
        &pause::UNPAUSE,
    ],
);

/// Flags of all subcommands, HELP apart.
const PLAIN: Flags = Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::PAUSE_EXEMPT);
/// Of those for operators.
const ADMIN: Flags = PLAIN.union(Flags::ADMIN);

/// A documentation of this family.
const fn doc(since: &'static str, summary: &'static str) -> Doc {
    Doc::new(Family::Connection, since, "O(1)", summary)
}

/// The types of clients that LIST and KILL know. Masters and replicas there are none: peers have connections of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientType {
    Normal,
    PubSub,
    Nobody,
}

impl ClientType {
    fn fits(self, client: &Client) -> bool {
        match self {
            Self::Normal => !client.shown.lock().is_subscribed(),
            Self::PubSub => client.shown.lock().is_subscribed(),
            Self::Nobody => false,
        }
    }
}

fn client_type(name: &[u8]) -> Result<ClientType, ReplyError> {
    match c_string(name).to_ascii_lowercase().as_slice() {
        b"normal" => Ok(ClientType::Normal),
        b"pubsub" => Ok(ClientType::PubSub),
        b"master" | b"replica" | b"slave" => Ok(ClientType::Nobody),
        _ => Err(ReplyError::about("ERR Unknown client type '", name, "'")),
    }
}

/// The nodes whose clients have these ids; None: those of any node may.
fn nodes_of(ids: impl IntoIterator<Item = u64>) -> Option<BTreeSet<u64>> {
    let nodes: BTreeSet<u64> = ids.into_iter().map(|id| id >> 32).collect();
    // So does an id of a client that came before its node knew which it is.
    if nodes.contains(&0) { None } else { Some(nodes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_which_node_its_client_is_at() {
        assert_eq!(nodes_of([(3 << 32) + 7, (1 << 32) + 1, (3 << 32) + 9]), Some([1, 3].into()));
        assert_eq!(nodes_of([(3 << 32) + 7, 77]), None, "of the time before a node knows its id");
        assert_eq!(nodes_of([]), Some(BTreeSet::new()));
    }
}
