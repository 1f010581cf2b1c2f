//! Nodes that make one cluster.
//!
//! Node ids count from 1 in the order of joining, so `nodes[0]` is node 1. Waiting is for a state, never for a time; what takes
//! longer than [`PATIENCE`] fails.

use std::time::{Duration, Instant};

use super::client::Client;
use super::process::Server;
use super::value::Value;

/// How long a cluster may take to become what is waited for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One line of RAFT.NODES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Node id.
    pub id: u64,
    /// Client address.
    pub addr: String,
    /// leader, follower or learner.
    pub role: String,
    /// Votes.
    pub voter: bool,
    /// Heard lately.
    pub alive: bool,
    /// Entries behind.
    pub lag: i64,
    /// Why a learner waits.
    pub waits: String,
}

/// See the module's header.
pub struct Cluster {
    /// By node id less 1.
    pub nodes: Vec<Server>,
}

impl Cluster {
    /// `count` nodes, of which as many vote as make an odd number.
    pub fn start(count: usize, flags: &[&str]) -> Self {
        let mut cluster = Self { nodes: vec![Server::lockstep(flags)] };
        cluster.wait_ready(0);
        while cluster.nodes.len() < count {
            cluster.join(flags);
        }
        cluster.wait_voters(count - usize::from(count.is_multiple_of(2)));
        cluster
    }

    /// The same, each node by a shell that carries out what `preparation` says for its place.
    pub fn start_behind(count: usize, preparation: impl Fn(usize) -> String) -> Self {
        let mut cluster = Self { nodes: vec![Server::lockstep_behind(&preparation(0), &[])] };
        cluster.wait_ready(0);
        for at in 1..count {
            let through = cluster.nodes[0].addr().to_string();
            cluster.nodes.push(Server::lockstep_behind(&preparation(at), &["--join", &through]));
            cluster.wait_ready(at);
        }
        cluster.wait_voters(count);
        cluster
    }

    /// One more node, through the first; its place.
    pub fn join(&mut self, flags: &[&str]) -> usize {
        let through = self.nodes[0].addr().to_string();
        let mut all = vec!["--join", through.as_str()];
        all.extend(flags);
        self.nodes.push(Server::lockstep(&all));
        self.wait_ready(self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// Waits until a node takes commands.
    pub fn wait_ready(&self, node: usize) {
        until("the node to take commands", || {
            let reply = self.nodes[node].try_client().ok()?.try_call(&["GET", "no such key"]).ok()?;
            (!reply.is_error()).then_some(())
        });
    }

    /// What RAFT.NODES says at `node`.
    pub fn lines(&self, node: usize) -> Vec<Line> {
        lines(&mut self.nodes[node].client())
    }

    /// Waits until RAFT.NODES shows `count` voters, all of them alive, at the first node that runs.
    pub fn wait_voters(&self, count: usize) {
        self.wait_lines(&format!("{count} live voters"), |lines| {
            let voters: Vec<_> = lines.iter().filter(|line| line.voter).collect();
            voters.len() == count
                && voters.iter().all(|line| line.alive)
                && lines.iter().any(|line| line.role == "leader")
        });
    }

    /// Waits for what RAFT.NODES shows.
    pub fn wait_lines(&self, what: &str, such: impl Fn(&[Line]) -> bool) -> Vec<Line> {
        let mut last = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(node) = self.running() {
                last = self.lines(node);
                if such(&last) {
                    return last;
                }
            }
            assert!(Instant::now() < deadline, "waited for {what}, and RAFT.NODES shows {last:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn running(&self) -> Option<usize> {
        self.nodes.iter().position(|node| node.pid() != 0)
    }

    /// The place of the leader, as `node` sees it.
    pub fn leader_seen_by(&self, node: usize) -> usize {
        until("a leader", || {
            let lines = self.lines(node);
            let leader = lines.iter().find(|line| line.role == "leader" && line.alive)?;
            Some(leader.id as usize - 1)
        })
    }

    /// The place of the leader.
    pub fn leader(&self) -> usize {
        self.leader_seen_by(self.running().expect("a running node"))
    }

    /// Hands the lead to the node at this place, and waits until `seen_by` says so. A node that lags is waited for.
    pub fn transfer(&self, to: usize) {
        let id = (to + 1).to_string();
        let mut client = self.nodes[to].client();
        let mut last = None;
        until("the lead to be handed over", || {
            let reply = client.call(&["RAFT.TRANSFER", &id]);
            let done = !reply.is_error() && self.leader_seen_by(to) == to;
            last = Some(reply);
            done.then_some(())
        });
    }

    /// Waits until every member has all of the leader's log on its disk. The load has to be over.
    pub fn wait_all_matched(&self) {
        self.wait_lines("every node to have everything", |lines| lines.iter().all(|line| line.alive && line.lag == 0));
    }

    /// Waits until every member that runs has nearly all of the leader's log.
    pub fn wait_caught_up(&self) {
        self.wait_lines("every node to catch up", |lines| lines.iter().all(|line| line.alive && line.lag < 50));
    }

    /// All running nodes have the same digest at the same applied index. The load has to be over.
    pub fn check_digests(&self) {
        let mut last = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while last.len() < 2 || last.iter().any(|digest| *digest != last[0]) {
            assert!(Instant::now() < deadline, "the nodes' (applied index, digest) stay apart: {last:?}");
            let running = self.nodes.iter().filter(|node| node.pid() != 0);
            last = running.map(|node| node.client().call(&["RAFT.DIGEST"])).collect();
            assert!(last.iter().all(|digest| !digest.is_error()), "{last:?}");
            if last.len() == 1 {
                return;
            }
        }
    }
}

/// What RAFT.NODES says on this connection.
pub fn lines(client: &mut Client) -> Vec<Line> {
    let reply = client.call(&["RAFT.NODES"]);
    let items = reply.items().unwrap_or_else(|| panic!("RAFT.NODES: {reply:?}")).to_vec();
    items.iter().map(line).collect()
}

fn line(value: &Value) -> Line {
    let pairs = value.pairs().unwrap_or_else(|| panic!("RAFT.NODES: {value:?}"));
    let field = |name: &str| pairs.iter().find(|(key, _)| key.text().as_deref() == Some(name)).map(|(_, value)| value);
    let number = |name: &str| field(name).and_then(Value::int).unwrap_or_else(|| panic!("{name} in {value:?}"));
    let text = |name: &str| field(name).and_then(Value::text).unwrap_or_default();
    Line {
        id: number("id") as u64,
        addr: text("addr"),
        role: text("role"),
        voter: number("voter") == 1,
        alive: number("alive") == 1,
        lag: number("lag"),
        waits: text("waits"),
    }
}

/// Waits until `what` is there.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited for {what} in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}
