//! The members as the nodes of Redis Cluster.

use std::net::SocketAddr;
use std::time::Duration;

use crate::command::context::{Answer, Call, MemberFacts, Node, RaftRole};
use crate::config::Address;
use crate::error::ReplyError;
use crate::protocol::Reply;

/// How long a leader is waited for that answers for itself: an election takes less, and some clients give an answer no more than a second.
pub const LEADER_WAIT: Duration = Duration::from_millis(800);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// See the module's header.
#[derive(Clone, Debug)]
pub struct Topology {
    cluster: u128,
    /// This node.
    pub own: u64,
    /// Raft's.
    pub term: u64,
    /// The leader; while none is heard the last one that is known.
    pub leader: Option<u64>,
    /// A leader is heard.
    pub is_led: bool,
    /// All members, by id.
    pub nodes: Vec<Known>,
}

/// What is known of a member.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its id.
    pub node: u64,
    /// Where clients reach it.
    pub host: String,
    /// See above.
    pub port: u16,
    /// Where peers do.
    pub peer_port: u16,
    /// The last log index known to be on it; 0: none is known.
    pub matched: u64,
    /// How it is.
    pub health: Health,
}

/// How a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// The leader hears it, or it is this node.
    Online,
    /// There is no leader to say.
    Unknown,
    /// The leader does not hear it; or it was the leader, and is not heard.
    Failed,
}

/// The name of a node: its number in front, which tells nodes of one cluster apart where only the first digits are shown.
pub fn node_name(cluster: u128, node: u64) -> String {
    format!("{node:08x}{cluster:032x}")
}

impl Topology {
    /// The name of a member.
    pub fn name(&self, node: u64) -> String {
        node_name(self.cluster, node)
    }

    /// The member of this name.
    ///
    /// # Errors
    /// Redis's text for one that there is not.
    pub fn named(&self, name: &[u8]) -> Result<&Known, ReplyError> {
        let found = self.nodes.iter().find(|node| self.name(node.node).as_bytes() == name);
        found.ok_or_else(|| ReplyError::about("ERR Unknown node ", name, ""))
    }
}

/// Answers from the topology, once it is known.
pub fn answer(call: &Call<'_>, show: impl FnOnce(&Topology) -> Result<Reply, ReplyError> + Send + 'static) -> Answer {
    let node = call.node.clone();
    // Of a node that nothing says an address of, the client knows one: it has reached it there.
    let is_told = node.settings().host_for_others().is_some();
    let reached = call.session.client.laddr.parse::<SocketAddr>().ok().filter(|_| !is_told);
    Answer::later(async move { topology(&*node, reached).await.and_then(|topology| show(&topology)).into() })
}

async fn topology(node: &dyn Node, reached: Option<SocketAddr>) -> Result<Topology, ReplyError> {
    let identity = node.identity()?;
    let is_leader = |member: &&MemberFacts| member.role == RaftRole::Leader;
    let answered = tokio::time::timeout(LEADER_WAIT, async {
        loop {
            let members = node.standings().await?;
            if members.iter().find(is_leader).is_some_and(|leader| leader.alive) {
                return Ok::<_, ReplyError>(members);
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    let standings = answered.await.ok().transpose()?;
    let (members, raft) = (node.members().await, node.raft());
    let heard = standings.as_ref().and_then(|members| members.iter().find(is_leader)).map(|leader| leader.node);
    let last = raft.as_ref().map(|raft| raft.last_leader).filter(|leader| members.contains_key(leader));
    let leader = heard.or(last);
    let nodes = members.iter().map(|(id, member)| {
        let standing = standings.iter().flatten().find(|standing| standing.node == *id);
        let health = match standing {
            _ if *id == identity.node => Health::Online,
            Some(standing) if standing.alive => Health::Online,
            None if leader != Some(*id) => Health::Unknown,
            _ => Health::Failed,
        };
        let (mut host, port) = host_and_port(&member.client_addr);
        if let Some(reached) = reached.filter(|_| *id == identity.node) {
            host = reached.ip().to_canonical().to_string();
        }
        let peer_port = host_and_port(&member.peer_addr).1;
        Known { node: *id, host, port, peer_port, matched: standing.map_or(0, |standing| standing.matched), health }
    });
    Ok(Topology {
        cluster: identity.cluster,
        own: identity.node,
        term: raft.as_ref().map_or(0, |raft| raft.term),
        leader,
        is_led: heard.is_some(),
        nodes: nodes.collect(),
    })
}

fn host_and_port(addr: &str) -> (String, u16) {
    Address::parse(addr).map_or_else(|| (addr.into(), 0), |addr| (addr.host().into(), addr.port()))
}

#[cfg(test)]
pub mod testing {
    use super::*;

    fn known(node: u64, host: &str, matched: u64, health: Health) -> Known {
        let port = 7100 + node as u16;
        Known { node, host: host.into(), port, peer_port: port + 10_000, matched, health }
    }

    /// Three nodes, of which 2 leads, 3 is not heard, and 1 says so.
    pub fn led() -> Topology {
        Topology {
            cluster: 10,
            own: 1,
            term: 7,
            leader: Some(2),
            is_led: true,
            nodes: vec![
                known(1, "n1", 80, Health::Online),
                known(2, "10.0.0.2", 90, Health::Online),
                known(3, "::1", 50, Health::Failed),
            ],
        }
    }

    /// The same while no leader is heard, and maybe none is known.
    pub fn unled(last: Option<u64>) -> Topology {
        let mut topology = Topology { leader: last, is_led: false, ..led() };
        for node in &mut topology.nodes {
            node.health = match node.node {
                1 => Health::Online,
                node if last == Some(node) => Health::Failed,
                _ => Health::Unknown,
            };
        }
        topology
    }
}
