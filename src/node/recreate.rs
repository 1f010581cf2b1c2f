//! The way out when a majority is lost for good (`--force-new-cluster`, design 8): what one survivor has goes on as a new cluster, of
//! that node alone, which others then join with empty directories.
//!
//! What it may lose: writes that were acknowledged by the lost nodes and had not reached this one. What it may bring: writes whose
//! outcome their clients never learned, because all of the log is kept. So revisions, and with them fencing tokens, go on by
//! [`LOST_REVISIONS`] higher: nobody wrote as many to the lost nodes alone.
//!
//! Invariants
//! - The new cluster's id is in the identity before anything else is changed, so whatever is left of the old cluster is another
//!   cluster's from then on: neither takes the other's entries or votes.
//! - Raft does not start between that and the end of the log that makes this node the only voter; a start that is cut off there goes
//!   on there, with or without the option.
//! - What stands in the log is kept, and behind it come, in a higher term than any that this node knows, the membership of this node
//!   alone and [`Content::Recreate`], in one write. They are committed by it alone before anything else can be.
//! - It happens once for a cluster: the option names the lost one, and the identity remembers it. Left where it was, it does nothing.

use super::Files;
use super::join::identity::{MadeOf, NodeIdentity, new_cluster_id};
use super::ports::Addresses;
use crate::error::Fatal;
use crate::executor::apply::LOST_REVISIONS;
use crate::executor::entry::Content;
use crate::replication::log::LogStore;
use crate::replication::offline::{end_alone, end_of};
use crate::sys::env::Env;

/// Digits of a cluster's id that have to be given; as many as the line shows that says that a node is ready.
const DIGITS_MIN: usize = 8;

/// Takes the id of a new cluster, if the node is still of the lost one, of which `lost` is how the id begins. `holds`: there is a log
/// or a snapshot with something in it.
///
/// # Errors
/// The directory is of neither, or holds nothing; nothing was changed.
pub fn begin(
    env: &Env,
    files: &dyn Files,
    identity: &mut NodeIdentity,
    lost: &str,
    holds: bool,
    peer_addr: &str,
) -> Result<(), Fatal> {
    let is_it = |cluster: u128| format!("{cluster:032x}").starts_with(&lost.to_ascii_lowercase());
    if lost.len() < DIGITS_MIN {
        return Err(Fatal(format!(
            "--force-new-cluster {lost}: it takes the id of the lost cluster, or at least {DIGITS_MIN} digits of how it begins"
        )));
    }
    if let Some(MadeOf { cluster, .. }) = identity.made_of
        && is_it(cluster)
    {
        tracing::info!(
            node = identity.node,
            cluster = format!("{:032x}", identity.cluster),
            made_of = format!("{cluster:032x}"),
            "--force-new-cluster is ignored: this cluster was made by it"
        );
        return Ok(());
    }
    if !is_it(identity.cluster) {
        return Err(Fatal(format!(
            "--force-new-cluster {lost}: the data directory is of cluster {:032x}; nothing was changed",
            identity.cluster
        )));
    }
    if !holds {
        return Err(Fatal(
            "--force-new-cluster: this node has nothing of its cluster yet: take another survivor".into(),
        ));
    }
    identity.made_of = Some(MadeOf { cluster: identity.cluster, done: false });
    identity.cluster = new_cluster_id(env);
    identity.founder = false;
    identity.peers = vec![(identity.node, peer_addr.to_owned())];
    Ok(identity.store(files)?)
}

/// Ends the log, which follows the newest snapshot, with what makes this node the only member of the new cluster, unless that is done.
///
/// # Errors
/// The disk's.
pub(super) async fn carry_out(
    env: &Env,
    files: &dyn Files,
    identity: &mut NodeIdentity,
    log: &LogStore,
    addrs: &Addresses,
) -> Result<(), Fatal> {
    let Some(MadeOf { cluster: lost, done: false }) = identity.made_of else { return Ok(()) };
    let (term, index) = end_of(log);
    warn(identity, lost, term, index);
    let recreate = Content::Recreate {
        cluster: identity.cluster,
        node: identity.node,
        nonce: identity.nonce,
        peer_addr: addrs.peer.clone(),
        client_addr: addrs.client.clone(),
        revision: super::first_revision(env),
        level: env.level,
    };
    end_alone(log, identity.node, &addrs.peer, &recreate).await?;
    identity.made_of = Some(MadeOf { cluster: lost, done: true });
    Ok(identity.store(files)?)
}

fn warn(identity: &NodeIdentity, lost: u128, term: u64, index: u64) {
    tracing::warn!(
        node = identity.node,
        cluster = format!("{:032x}", identity.cluster),
        term,
        index,
        "--force-new-cluster: cluster {lost:032x} is given up; this node goes on alone, as a new one, from what its log has"
    );
    tracing::warn!(
        "acknowledged writes that had reached only the other nodes are LOST, locks among them, and writes whose clients never learned \
         their outcome may be there"
    );
    tracing::warn!(
        by = LOST_REVISIONS,
        "fencing tokens go on higher. No node of the lost cluster may serve again: empty their directories, and --join this node with \
         them"
    );
}

#[cfg(test)]
mod tests;
