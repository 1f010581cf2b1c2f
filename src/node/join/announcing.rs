//! A node tells the others where it is now, and finds them again where all have moved.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::{addresses, not_understood};
use crate::node::ports::Addresses;
use crate::protocol::client::ask;
use crate::replication::Group;
use crate::server::Router;
use crate::sys::env::Env;

/// What a node says of itself when it has moved.
pub(in crate::node) struct Whereabouts {
    /// Of its directory.
    pub nonce: u64,
    /// Where it is.
    pub addrs: Addresses,
    /// `--join`: where a member may be, if the members that this node knows have moved.
    pub hint: Option<String>,
}

/// Tells the cluster where this node is, until the leader reaches it there: its own state may lack an entry that says otherwise.
///
/// Where no leader can be told because too many have moved, they find each other by the hint: each node says where it is, and who has
/// said so to others.
pub(in crate::node) async fn announce(router: Router, group: Arc<Group>, own: Whereabouts) {
    let links = &group.links;
    let (id, password) = (format!("{:032x}", links.identity().cluster), links.identity().secret.password().to_owned());
    let (node, peer) = (group.node.to_string(), own.addrs.peer.clone());
    let moved = [id.clone(), node.clone(), own.nonce.to_string(), peer.clone(), own.addrs.client.clone()];
    let meet = [id, node, peer];
    if own.addrs.is_for_others {
        links.meet(group.node, &own.addrs.peer);
    }
    let mut told = false;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let members = match router.executor() {
            Some(executor) => executor.gate.read().await.cluster.members.clone(),
            None => continue,
        };
        let Some(known) = members.get(&group.node) else { continue };
        if !own.addrs.is_for_others && members.len() > 1 {
            // An address that means another machine to each of them would be worse than the one that they know.
            if !std::mem::replace(&mut told, true) {
                tracing::warn!(
                    addr = known.client_addr,
                    "nothing says by which host the other members reach this node: they go on looking for it where it was. --advertise host \
                     says it"
                );
            }
            continue;
        }
        let is_known = known.peer_addr == own.addrs.peer && known.client_addr == own.addrs.client;
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
            && let Ok(met) = meet_at(&group.env, hint, &password, &meet).await
        {
            for (node, addr) in met.iter().filter(|(node, _)| *node != group.node && members.contains_key(node)) {
                links.meet(*node, addr);
            }
        }
        let others = members.iter().filter(|(node, _)| **node != group.node).map(|(_, member)| &member.client_addr);
        for addr in own.hint.iter().chain(others) {
            if tell(&group.env, addr, &password, &moved).await.is_ok() {
                break;
            }
        }
    }
}

/// Tells the member at `addr` where another one is now: with the leader there, so that all know it.
async fn tell(env: &Env, addr: &str, password: &str, moved: &[String]) -> io::Result<()> {
    ask(env, addr, password, &command("RAFT.MOVED", moved)).await.map(drop)
}

/// Tells the node at `addr`, with or without a leader, where a member is, and learns where others are: (id, peer address).
async fn meet_at(env: &Env, addr: &str, password: &str, meet: &[String]) -> io::Result<Vec<(u64, String)>> {
    addresses(&ask(env, addr, password, &command("RAFT.MEET", meet)).await?).ok_or_else(not_understood)
}

fn command(name: &str, args: &[String]) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(args.iter().cloned()).collect()
}
