//! How a node comes into a cluster, and finds it again.
//!
//! - [`identity`]: who a node is, from its directory, from a member, or because it begins a cluster.
//! - [`admission`]: it asks a member for a place, until it gets one.
//! - [`announcing`]: it tells the others where it is now.
//! - [`discovery`]: it asks around when it hears no leader.

mod admission;
pub(super) mod announcing;
pub(super) mod discovery;
pub(super) mod identity;

pub use identity::{MadeOf, NodeIdentity};

use crate::protocol::Reply;

/// Ids and addresses of members, one after the other in a reply.
fn addresses(reply: &Reply) -> Option<Vec<(u64, String)>> {
    let Reply::Array(members) = reply else { return None };
    members.chunks(2).map(|pair| Some((text(pair.first()?)?.parse().ok()?, text(pair.get(1)?)?))).collect()
}

fn text(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Bulk(bytes) => String::from_utf8(bytes.to_vec()).ok(),
        _ => None,
    }
}

/// What a member answered is not what is asked for.
fn not_understood() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, "the member's answer cannot be understood")
}
