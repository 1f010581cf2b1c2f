//! Who this node is: kept in the data directory, or got from a member, or the beginning of a cluster.
//!
//! Invariant: a nonce is on disk before a member is asked for an id, and the id before Raft starts; so a start that is cut off
//! anywhere goes on where it was, and never takes a second id. A log without an identity is refused.

use std::time::Duration;

use super::Files;
use crate::config::Settings;
use crate::env::{Env, Listener};
use crate::error::Fatal;
use crate::join::{self, Admission};

const FILE: &str = "identity";
const NONCE_FILE: &str = "nonce";
const RETRY: Duration = Duration::from_millis(500);

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
}

impl NodeIdentity {
    fn to_text(&self) -> String {
        let peers: Vec<String> = self.peers.iter().map(|(node, addr)| format!("{node}={addr}")).collect();
        let body = format!(
            "lockstep identity 1\ncluster {:032x}\nnode {}\nnonce {}\nfounder {}\npeers {}\n",
            self.cluster,
            self.node,
            self.nonce,
            self.founder,
            peers.join(" ")
        );
        let crc = crc32c::crc32c(body.as_bytes());
        format!("{body}crc {crc:08x}\n")
    }

    fn from_text(text: &str) -> Option<Self> {
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
        Some(Self { cluster, node, nonce, founder, peers })
    }
}

/// Finds out who this node is. `used`: the directory holds a log or a snapshot. `addrs`: of its peer port and its client port.
///
/// # Errors
/// The directory cannot be used.
pub async fn establish(
    env: &Env,
    files: &dyn Files,
    used: bool,
    settings: &Settings,
    clients: &dyn Listener,
    (peer_addr, client_addr): (&str, &str),
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
            crate::log::notice("the data directory has an identity: --join is ignored");
        }
        return Ok(identity);
    }
    if used {
        // To begin or join a cluster on it would mix two.
        return Err(Fatal(
            "the data directory holds a log or a snapshot, but not the file `identity` that belongs to them: bring the file \
               back, or remove this node (RAFT.REMOVE) and join again with an empty directory"
                .into(),
        ));
    }
    let nonce = match files.read(NONCE_FILE)?.and_then(|text| text.trim().parse().ok()) {
        Some(nonce) => nonce,
        None => {
            let nonce = env.random().max(1);
            files.write(NONCE_FILE, &nonce.to_string())?;
            nonce
        }
    };
    let identity = match (&settings.join, settings.must_join) {
        (None, false) => {
            let cluster = (u128::from(env.random()) << 64 | u128::from(env.random())).max(1);
            NodeIdentity { cluster, node: 1, nonce, founder: true, peers: vec![(1, peer_addr.to_owned())] }
        }
        (join, _) => {
            let through = match join {
                Some(addr) => addr.clone(),
                None => {
                    crate::log::notice("waiting to be called by RAFT.ADD");
                    join::wait_for_invitation(clients, &settings.requirepass).await?
                }
            };
            let Admission { cluster, node, level, peers } =
                ask_until_admitted(env, settings, &through, nonce, peer_addr, client_addr).await;
            if level > crate::FEATURE_LEVEL {
                return Err(Fatal(format!(
                    "the cluster is of feature level {level}, this binary knows {}: start a newer one",
                    crate::FEATURE_LEVEL
                )));
            }
            NodeIdentity { cluster, node, nonce, founder: false, peers }
        }
    };
    files.write(FILE, &identity.to_text())?;
    Ok(identity)
}

async fn ask_until_admitted(
    env: &Env,
    settings: &Settings,
    through: &str,
    nonce: u64,
    peer_addr: &str,
    client_addr: &str,
) -> Admission {
    let mut told = String::new();
    loop {
        match join::join(env, through, &settings.requirepass, nonce, peer_addr, client_addr).await {
            Ok(admission) => return admission,
            Err(error) => {
                let why = error.to_string();
                if why != told {
                    crate::log::warning(&format!("cannot join through {through} yet: {why}; asking again"));
                    told = why;
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_and_damage_is_noticed() {
        let identity = NodeIdentity {
            cluster: 7,
            node: 3,
            nonce: 9,
            founder: false,
            peers: vec![(1, "127.0.0.1:17101".into()), (3, "[::1]:17103".into())],
        };
        let text = identity.to_text();
        assert_eq!(NodeIdentity::from_text(&text), Some(identity));
        for at in 0..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(NodeIdentity::from_text(&changed), None, "byte {at}");
        }
    }
}
