//! Who this node is: kept in the data directory, or got from a member, or the beginning of a cluster.
//!
//! Invariant: a nonce is on disk before a member is asked for an id, and the id before Raft starts; so a start that is cut off
//! anywhere goes on where it was, and never takes a second id.
//!
//! Invariant: identity and log belong together. A log without an identity is refused, and so is an identity that says `log begun`
//! without a log: an empty log has forgotten its vote, and a node with it could vote twice in one term. In this order, each step durable
//! before the next one: identity, the log's first record, `log begun` in the identity, Raft and peers. So nothing was promised while the
//! mark is missing, and a start that is cut off before it is done again from an empty log; and the mark is never there without the
//! record, which was synced before it and so is no torn tail. A log that is there without the mark (cut off between the two, or
//! written before there was one) is given it.

use tokio::sync::watch;

use super::admission::{Admission, Applicant, ask_until_admitted};
use crate::config::Settings;
use crate::error::Fatal;
use crate::node::Files;
use crate::node::ports::Addresses;
use crate::replication::log::LogStore;
use crate::server::Invitations;
use crate::sys::env::Env;
use crate::sys::version::objection;

const FILE: &str = "identity";
const LOG_BEGUN: &str = "log begun\n";
const NONCE_FILE: &str = "nonce";
const LOG_LOST: &str = "the file `identity` in the data directory says that this node has written a log, but the log is gone: the \
     directory `log` was deleted or emptied. With an empty log the node could vote a second time in a term in which it has voted, and \
     break what the cluster has promised. Bring back exactly what was there, or remove this node (RAFT.REMOVE at another node) and \
     join again with an empty directory (--dir, --join)";

/// What a node knows of itself before it has read its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeIdentity {
    /// Random id of the cluster.
    pub cluster: u128,
    /// Its node id.
    pub node: u64,
    /// Drawn when the directory was empty.
    pub nonce: u64,
    /// True for the node that began the cluster.
    pub founder: bool,
    /// (id, peer address) of members, as it was told when it joined.
    pub peers: Vec<(u64, String)>,
    /// Its log has been written: one that is empty was lost.
    pub log_begun: bool,
    /// The cluster that this one was made of by `--force-new-cluster`.
    pub made_of: Option<MadeOf>,
}

/// See `node/recreate.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeOf {
    /// Id of the cluster that lost its majority.
    pub cluster: u128,
    /// The log says so too.
    pub done: bool,
}

impl NodeIdentity {
    fn to_text(&self) -> String {
        let peers: Vec<String> = self.peers.iter().map(|(node, addr)| format!("{node}={addr}")).collect();
        let body = format!(
            "lockstep identity 1\ncluster {:032x}\nnode {}\nnonce {}\nfounder {}\npeers {}\n{}{}",
            self.cluster,
            self.node,
            self.nonce,
            self.founder,
            peers.join(" "),
            if self.log_begun { LOG_BEGUN } else { "" },
            self.made_of.map_or_else(String::new, |of| format!("made of {:032x} {}\n", of.cluster, of.done)),
        );
        let crc = crc32c::crc32c(body.as_bytes());
        format!("{body}crc {crc:08x}\n")
    }

    /// Makes it durable.
    pub(in crate::node) fn store(&self, files: &dyn Files) -> std::io::Result<()> {
        files.write(FILE, &self.to_text())
    }

    /// What the file says; None if it is damaged, or of a newer version.
    pub fn from_text(text: &str) -> Option<Self> {
        let (body, crc) = text.rsplit_once("crc ")?;
        if u32::from_str_radix(crc.trim(), 16).ok()? != crc32c::crc32c(body.as_bytes()) {
            return None;
        }
        let mut lines = body.lines();
        if lines.next()? != "lockstep identity 1" {
            return None;
        }
        let mut field = |name: &str| lines.next()?.strip_prefix(name).map(|value| value.trim().to_owned());
        let cluster = u128::from_str_radix(&field("cluster")?, 16).ok()?;
        let (node, nonce) = (field("node")?.parse().ok()?, field("nonce")?.parse().ok()?);
        let founder = field("founder")?.parse().ok()?;
        let peers = field("peers")?
            .split_whitespace()
            .map(|peer| peer.split_once('=').and_then(|(node, addr)| Some((node.parse().ok()?, addr.to_owned()))))
            .collect::<Option<Vec<_>>>()?;
        let mut rest = lines.peekable();
        let log_begun = rest.next_if(|line| *line == LOG_BEGUN.trim_end()).is_some();
        let made_of = match rest.next() {
            None => None,
            Some(line) => {
                let (cluster, done) = line.strip_prefix("made of ")?.split_once(' ')?;
                Some(MadeOf { cluster: u128::from_str_radix(cluster, 16).ok()?, done: done.parse().ok()? })
            }
        };
        rest.next().is_none().then_some(Self { cluster, node, nonce, founder, peers, log_begun, made_of })
    }
}

/// What the directory holds beside the identity.
#[derive(Clone, Copy, Debug)]
pub struct Holds {
    /// A log that has been written.
    pub log: bool,
    /// A snapshot.
    pub snapshot: bool,
}

/// Finds out who this node is.
///
/// # Errors
/// The directory cannot be used.
pub(in crate::node) async fn establish(
    env: &Env,
    files: &dyn Files,
    holds: Holds,
    settings: &Settings,
    invitations: &Invitations,
    addrs: &Addresses,
) -> Result<NodeIdentity, Fatal> {
    let text = match files.read(FILE) {
        // Not even text.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Some(String::new()),
        other => other?,
    };
    if let Some(text) = text {
        let identity = NodeIdentity::from_text(&text).ok_or_else(|| {
            Fatal(
                "the file `identity` in the data directory is damaged or of a newer version: remove this node \
                   (RAFT.REMOVE) and join again with an empty directory"
                    .into(),
            )
        })?;
        if settings.join.is_some() {
            tracing::info!(
                node = identity.node,
                "the data directory has an identity: --join only says where a member may be"
            );
        }
        // A snapshot is made of a log.
        if !holds.log && (identity.log_begun || holds.snapshot) {
            return Err(Fatal(LOG_LOST.into()));
        }
        invitations.set_nonce(identity.nonce);
        return Ok(identity);
    }
    if holds.log || holds.snapshot {
        // To begin or join a cluster on it would mix two.
        return Err(Fatal(
            "the data directory holds a log or a snapshot, but not the file `identity` that belongs to them: bring the file \
               back, or remove this node (RAFT.REMOVE) and join again with an empty directory"
                .into(),
        ));
    }
    if settings.force_new_cluster.is_some() {
        return Err(Fatal(format!(
            "--force-new-cluster makes a cluster of what a member has, and {} holds nothing: give the --dir of a member",
            settings.dir.display()
        )));
    }
    let nonce = nonce(env, files)?;
    invitations.set_nonce(nonce);
    let identity = if settings.join.is_none() && !settings.must_join {
        founder(env, nonce, addrs)
    } else {
        joined(env, settings, invitations, Applicant { nonce, addrs }).await?
    };
    identity.store(files)?;
    Ok(identity)
}

/// The directory's nonce, durable from then on.
fn nonce(env: &Env, files: &dyn Files) -> Result<u64, Fatal> {
    if let Some(nonce) = files.read(NONCE_FILE)?.and_then(|text| text.trim().parse().ok()) {
        return Ok(nonce);
    }
    let nonce = env.random().max(1);
    files.write(NONCE_FILE, &nonce.to_string())?;
    Ok(nonce)
}

fn founder(env: &Env, nonce: u64, addrs: &Addresses) -> NodeIdentity {
    let (cluster, peers) = (new_cluster_id(env), vec![(1, addrs.peer.clone())]);
    NodeIdentity { cluster, node: 1, nonce, founder: true, peers, log_begun: false, made_of: None }
}

/// Returns when a member has given this node a place.
async fn joined(
    env: &Env,
    settings: &Settings,
    invitations: &Invitations,
    applicant: Applicant<'_>,
) -> Result<NodeIdentity, Fatal> {
    let through = match &settings.join {
        Some(addr) => watch::channel(Some(addr.clone())).1,
        None => {
            let calls = invitations.wait();
            tracing::info!("waiting to be called by RAFT.ADD");
            calls
        }
    };
    let Admission { cluster, node, level, peers } =
        ask_until_admitted(env, through, &settings.requirepass, applicant).await;
    if let Some(why) = objection("the cluster", level, env.level) {
        return Err(Fatal(why));
    }
    Ok(NodeIdentity { cluster, node, nonce: applicant.nonce, founder: false, peers, log_begun: false, made_of: None })
}

/// A random cluster id, never 0.
pub(in crate::node) fn new_cluster_id(env: &Env) -> u128 {
    (u128::from(env.random()) << 64 | u128::from(env.random())).max(1)
}

/// Marks the identity as one whose log has been written, after the log's first record. See the module's header.
///
/// # Errors
/// The disk's.
pub async fn begin_log(files: &dyn Files, log: &LogStore, identity: &mut NodeIdentity) -> Result<(), Fatal> {
    log.begin().await?;
    if !identity.log_begun {
        identity.log_begun = true;
        identity.store(files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
