//! What a node knows of the cluster, in the terms of ROLE and INFO replication: leader = master.

use std::sync::Arc;

use crate::replication::standings;
use crate::server::Server;

/// See the module's header.
#[derive(Default)]
pub struct ClusterView {
    /// This node is to be shown as a master.
    pub shows_master: bool,
    /// There is a leader, and this node has caught up with it once.
    pub has_leader: bool,
    /// The leader was heard lately.
    pub hears_leader: bool,
    /// Host and port of the leader, for clients: the last one known, maybe no longer heard.
    pub leader: Option<(String, String)>,
    /// The other members; asked for only if this node is shown as a master, because a follower has to ask the leader.
    pub others: Vec<Other>,
    /// Number of members.
    pub members: usize,
    /// Index of the last entry that is applied here.
    pub applied: u64,
    /// The cluster's id.
    pub cluster: u128,
}

/// Another member.
pub struct Other {
    /// Host for clients.
    pub host: String,
    /// Port for clients.
    pub port: String,
    /// The last log index known to be on it.
    pub matched: u64,
    /// Entries behind the leader.
    pub lag: u64,
    /// Heard lately.
    pub alive: bool,
}

impl ClusterView {
    /// What is so now.
    pub async fn of(server: &Arc<Server>) -> Self {
        let (Some(group), Some(executor)) = (server.router.group(), server.router.executor()) else {
            return Self::default();
        };
        let members = executor.gate.read().await.cluster.members.clone();
        let leader = group.leader();
        let address = |node: u64| members.get(&node).map(|member| split(&member.client_addr));
        let shows_master = server.router.shows_master(&server.settings());
        let standings = if shows_master { standings(group).await } else { Default::default() };
        let others = standings
            .iter()
            .filter(|(node, _)| **node != group.node)
            .filter_map(|(node, standing)| {
                let (host, port) = address(*node)?;
                let (matched, lag, alive) = (standing.matched, standing.lag, standing.alive);
                Some(Other { host, port, matched, lag, alive })
            })
            .collect();
        Self {
            shows_master,
            has_leader: group.hears_leader() && group.is_recovered(),
            hears_leader: group.hears_leader(),
            leader: leader.and_then(|leader| address(leader.node)),
            others,
            members: members.len(),
            applied: group.applied().index,
            cluster: group.links.identity().cluster,
        }
    }
}

fn split(addr: &str) -> (String, String) {
    addr.rsplit_once(':').map_or_else(|| (addr.into(), "0".into()), |(host, port)| (host.into(), port.into()))
}
