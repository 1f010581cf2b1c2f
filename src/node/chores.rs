//! What a node does from time to time, besides serving: keeps its clock, looks at its disk, tells where it is.

use std::sync::Arc;
use std::time::Duration;

use super::Files;
use crate::join;
use crate::replication::Group;
use crate::server::{Router, Server};

/// Keeps the clock's base on disk, so that a restart of the process loses nothing.
pub(super) async fn keep_clock(group: Arc<Group>, files: Arc<dyn Files>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Some(text) = group.clock.to_disk()
            && let Err(error) = files.write("clock", &text)
        {
            tracing::warn!(node = group.node, %error, "the clock's base cannot be stored");
        }
        if group.env.threads {
            crate::sys::memory::sample();
        }
    }
}

/// Looks how much room there is on disk.
pub(super) async fn watch_disk(server: Arc<Server>, group: Arc<Group>, files: Arc<dyn Files>) {
    loop {
        if let Some(free) = files.free_bytes() {
            group.note_free_bytes(free, server.settings().disk_reserve);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// What a node says of itself when it has moved.
pub(super) struct Whereabouts {
    /// Of its directory.
    pub nonce: u64,
    /// `host:port` of its peer port.
    pub peer_addr: String,
    /// `host:port` of its client port.
    pub client_addr: String,
    /// `--join`: where a member may be, if the members that this node knows have moved.
    pub hint: Option<String>,
}

/// Tells the cluster where this node is, until the leader reaches it there: its own state may lack an entry that says otherwise.
///
/// Where no leader can be told because too many have moved, they find each other by the hint: each node says where it is, and who has
/// said so to others.
pub(super) async fn announce(router: Router, group: Arc<Group>, own: Whereabouts) {
    let links = &group.links;
    let (id, password) = (format!("{:032x}", links.identity().cluster), links.identity().password.clone());
    let (node, peer) = (group.node.to_string(), own.peer_addr.clone());
    let moved = [id.clone(), node.clone(), own.nonce.to_string(), peer.clone(), own.client_addr.clone()];
    let meet = [id, node, peer];
    links.meet(group.node, &own.peer_addr);
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let members = match router.executor() {
            Some(executor) => executor.gate.read().await.cluster.members.clone(),
            None => continue,
        };
        let Some(known) = members.get(&group.node) else { continue };
        let is_known = known.peer_addr == own.peer_addr && known.client_addr == own.client_addr;
        // Its Boot was applied here: what the leader sends arrives.
        if is_known && (group.leads() || group.origin.boot().is_some()) {
            continue;
        }
        if group.leads() {
            // Nobody else could hand anything to a leader that has moved.
            let spec = &crate::command::cluster::MOVED;
            let args = std::iter::once(spec.name).chain(moved.iter().map(String::as_str));
            router.execute(spec, crate::protocol::Args::from_slices(args)).await;
            continue;
        }
        if let Some(hint) = &own.hint
            && let Ok(met) = join::meet(&group.env, hint, &password, &meet).await
        {
            for (node, addr) in met.iter().filter(|(node, _)| *node != group.node && members.contains_key(node)) {
                links.meet(*node, addr);
            }
        }
        let others = members.iter().filter(|(node, _)| **node != group.node).map(|(_, member)| &member.client_addr);
        for addr in own.hint.iter().chain(others) {
            if join::moved(&group.env, addr, &password, &moved).await.is_ok() {
                break;
            }
        }
    }
}
