//! What a node does from time to time, besides serving: keeps its clock, looks at its disk, tells where it is.

use std::sync::Arc;
use std::time::Duration;

use super::Files;
use crate::join;
use crate::replication::{Group, Router};
use crate::server::Server;

/// Keeps the clock's base on disk, so that a restart of the process loses nothing.
pub(super) async fn keep_clock(group: Arc<Group>, files: Arc<dyn Files>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Some(text) = group.clock.to_disk()
            && let Err(error) = files.write("clock", &text)
        {
            crate::log::warning(&format!("the clock's base cannot be stored: {error}"));
        }
        if group.env.threads {
            crate::memory::sample();
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

/// Tells the cluster where this node is now, if its addresses have changed.
pub(super) async fn announce(router: Router, group: Arc<Group>, nonce: u64, peer_addr: String, client_addr: String) {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let members = group.gate.read().await.cluster.members.clone();
        let Some(own) = members.get(&group.node) else { continue };
        if own.peer_addr == peer_addr && own.client_addr == client_addr {
            continue;
        }
        if group.leads() {
            // Nobody else could hand anything to a leader that has moved.
            let (spec, nonce) = (&crate::command::cluster::JOIN, nonce.to_string());
            let args = [spec.name.as_bytes(), nonce.as_bytes(), peer_addr.as_bytes(), client_addr.as_bytes()];
            router.execute(spec, crate::protocol::Args::from_slices(args)).await;
            continue;
        }
        let password = group.links.identity().password.clone();
        for (node, member) in members {
            if node == group.node {
                continue;
            }
            if join::join(&group.env, &member.client_addr, &password, nonce, &peer_addr, &client_addr).await.is_ok() {
                break;
            }
        }
    }
}
