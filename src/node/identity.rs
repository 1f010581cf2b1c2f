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

use std::time::Duration;

use super::Files;
use crate::config::Settings;
use crate::env::{Env, Listener};
use crate::error::Fatal;
use crate::join::{self, Admission};
use crate::replication::log::LogStore;

const FILE: &str = "identity";
const LOG_BEGUN: &str = "log begun\n";
const NONCE_FILE: &str = "nonce";
const LOG_LOST: &str = "the file `identity` in the data directory says that this node has written a log, but the log is gone: the \
     directory `log` was deleted or emptied. With an empty log the node could vote a second time in a term in which it has voted, and \
     break what the cluster has promised. Bring back exactly what was there, or remove this node (RAFT.REMOVE at another node) and \
     join again with an empty directory (--dir, --join)";
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
    /// Its log has been written: one that is empty was lost.
    pub log_begun: bool,
}

impl NodeIdentity {
    fn to_text(&self) -> String {
        let peers: Vec<String> = self.peers.iter().map(|(node, addr)| format!("{node}={addr}")).collect();
        let body = format!(
            "lockstep identity 1\ncluster {:032x}\nnode {}\nnonce {}\nfounder {}\npeers {}\n{}",
            self.cluster,
            self.node,
            self.nonce,
            self.founder,
            peers.join(" "),
            if self.log_begun { LOG_BEGUN } else { "" }
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
        let log_begun = match lines.next() {
            None => false,
            Some(line) if line == LOG_BEGUN.trim_end() => true,
            Some(_) => return None,
        };
        Some(Self { cluster, node, nonce, founder, peers, log_begun })
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

/// Finds out who this node is. `addrs`: of its peer port and its client port.
///
/// # Errors
/// The directory cannot be used.
pub async fn establish(
    env: &Env,
    files: &dyn Files,
    holds: Holds,
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
        // A snapshot is made of a log.
        if !holds.log && (identity.log_begun || holds.snapshot) {
            return Err(Fatal(LOG_LOST.into()));
        }
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
            NodeIdentity {
                cluster,
                node: 1,
                nonce,
                founder: true,
                peers: vec![(1, peer_addr.to_owned())],
                log_begun: false,
            }
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
            NodeIdentity { cluster, node, nonce, founder: false, peers, log_begun: false }
        }
    };
    files.write(FILE, &identity.to_text())?;
    Ok(identity)
}

/// Marks the identity as one whose log has been written, after the log's first record. See the module's header.
///
/// # Errors
/// The disk's.
pub async fn begin_log(files: &dyn Files, log: &LogStore, identity: &mut NodeIdentity) -> Result<(), Fatal> {
    log.begin().await?;
    if !identity.log_begun {
        identity.log_begun = true;
        files.write(FILE, &identity.to_text())?;
    }
    Ok(())
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
    use std::sync::Arc;

    use super::super::MemoryFiles;
    use super::*;
    use crate::replication::log::{LogOptions, MemoryDisk};

    #[test]
    fn an_identity_reads_back_and_damage_is_noticed() {
        let identity = NodeIdentity {
            cluster: 7,
            node: 3,
            nonce: 9,
            founder: false,
            peers: vec![(1, "127.0.0.1:17101".into()), (3, "[::1]:17103".into())],
            log_begun: false,
        };
        for identity in [identity.clone(), NodeIdentity { log_begun: true, ..identity }] {
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

    fn env() -> Env {
        let (clocks, net) = (Arc::new(crate::clock::SystemClocks), Arc::new(crate::env::Tcp));
        Env { clocks, net, random: Arc::new(|| 7), threads: false }
    }

    async fn start(disk: &MemoryDisk, files: &MemoryFiles) -> Result<(NodeIdentity, LogStore), Fatal> {
        let env = env();
        let log = LogStore::open(Arc::new(disk.open(Duration::from_millis(1))), 0, LogOptions::default()).await?;
        let holds = Holds { log: log.has_begun(), snapshot: false };
        let clients = env.net.bind("127.0.0.1", 0).await?;
        let addrs = ("127.0.0.1:1", "127.0.0.1:2");
        Ok((establish(&env, files, holds, &Settings::default(), &*clients, addrs).await?, log))
    }

    /// Killed at any point of its first start a node starts again as who it was; only then is an empty log a lost one.
    #[tokio::test(start_paused = true)]
    async fn a_log_that_was_begun_is_missed() {
        let whole = async {
            for writes_kept in [0, 1] {
                let (disk, files) = (MemoryDisk::new(), MemoryFiles::default());
                let (first, log) = start(&disk, &files).await.unwrap();
                assert!(!log.has_begun());
                // Killed with the log's first record under way: it is there or not, and the mark is not.
                let mut marked = first.clone();
                let mut beginning = Box::pin(begin_log(&files, &log, &mut marked));
                assert!(futures::poll!(beginning.as_mut()).is_pending());
                drop(beginning);
                disk.crash_keeping(writes_kept);
                let (mut again, log) = start(&disk, &files).await.unwrap();
                assert_eq!((log.has_begun(), &again), (writes_kept == 1, &first));
                begin_log(&files, &log, &mut again).await.unwrap();
                disk.crash();
                let (marked, log) = start(&disk, &files).await.unwrap();
                assert!(marked.log_begun && log.has_begun());
                // Another disk: the log is lost.
                let why = start(&MemoryDisk::new(), &files).await.err().unwrap().to_string();
                assert!(why.contains("the log is gone") && why.contains("RAFT.REMOVE"), "{why}");
                // And the other way round.
                let why = start(&disk, &MemoryFiles::default()).await.err().unwrap().to_string();
                assert!(why.contains("not the file `identity`"), "{why}");
            }
        };
        crate::replication::types::scope(7, whole).await;
    }
}
