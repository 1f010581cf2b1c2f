//! Several connections to one server, of which some wait; one command at a time, and who was answered because of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::support::client::{Client, encode};
use crate::support::holds;
use crate::support::process::Server;
use crate::support::value::Value;

const PATIENCE: Duration = Duration::from_secs(20);

/// See the module's header.
pub struct Stage {
    control: Client,
    actors: Vec<Client>,
    ids: Vec<i64>,
    waiting: Vec<bool>,
}

impl Stage {
    /// `count` connections to an empty server.
    pub fn new(server: &Server, count: usize) -> Self {
        let mut control = server.client();
        let until = Instant::now() + PATIENCE;
        while control.call(&["FLUSHALL"]).is_error() {
            assert!(Instant::now() < until, "no leader in time");
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut actors: Vec<Client> = (0..count).map(|_| server.client()).collect();
        let ids = actors.iter_mut().map(|actor| actor.call(&["CLIENT", "ID"]).int().unwrap()).collect();
        Self { control, actors, ids, waiting: vec![false; count] }
    }

    /// The ids of the connections.
    pub fn id(&self, actor: usize) -> String {
        self.ids[actor].to_string()
    }

    /// True while the connection waits.
    pub fn waits(&self, actor: usize) -> bool {
        self.waiting[actor]
    }

    /// A command of a connection that does not wait (`args[0]` may be several lines of a transaction), and all replies that came of it, by
    /// connection.
    pub fn act(&mut self, actor: usize, commands: &[Vec<String>]) -> BTreeMap<usize, Vec<Value>> {
        assert!(!self.waiting[actor], "connection {actor} waits");
        let mut out = Vec::new();
        commands.iter().for_each(|command| encode(&mut out, command));
        self.actors[actor].send_raw(&out).unwrap();
        let mut replies = BTreeMap::new();
        let until = Instant::now() + PATIENCE;
        let own: &mut Vec<Value> = replies.entry(actor).or_default();
        self.actors[actor].set_timeout(Duration::from_millis(10));
        while own.len() < commands.len() {
            match self.actors[actor].read_reply() {
                Ok(reply) => own.push(reply),
                Err(_) if blocked(&mut self.control).contains(&self.ids[actor]) => {
                    self.waiting[actor] = true;
                    break;
                }
                Err(error) => assert!(Instant::now() < until, "{commands:?}: {error}"),
            }
        }
        self.actors[actor].set_timeout(PATIENCE);
        self.look(&mut replies);
        replies.retain(|_, replies| !replies.is_empty());
        replies
    }

    /// Reads the replies of those who wait no longer.
    fn look(&mut self, replies: &mut BTreeMap<usize, Vec<Value>>) {
        let blocked = blocked(&mut self.control);
        for actor in 0..self.actors.len() {
            if self.waiting[actor] && !blocked.contains(&self.ids[actor]) {
                self.waiting[actor] = false;
                let reply = self.actors[actor].read_reply().unwrap();
                replies.entry(actor).or_default().push(reply);
            }
        }
    }

    /// The reply of one who waits, when it comes by itself.
    pub fn await_reply(&mut self, actor: usize) -> Value {
        assert!(self.waiting[actor], "connection {actor} does not wait");
        self.waiting[actor] = false;
        self.actors[actor].read_reply().unwrap()
    }

    /// One command line, split at blanks, of a connection that is none of the actors.
    pub fn control(&mut self, line: &str) -> Value {
        self.control.line(line)
    }

    /// The connection itself.
    pub fn actor(&mut self, actor: usize) -> &mut Client {
        &mut self.actors[actor]
    }
}

/// The ids of this server's connections that wait: the list has those of all nodes.
fn blocked(control: &mut Client) -> Vec<i64> {
    let server = control.stream().peer_addr().unwrap().to_string();
    let list = control.call(&["CLIENT", "LIST"]).text().unwrap();
    let field = |line: &str, name: &str| line.split(' ').find_map(|field| field.strip_prefix(name).map(str::to_owned));
    let is_blocked = |line: &&str| field(line, "flags=").is_some_and(|flags| flags.contains('b'));
    let is_here = |line: &&str| field(line, "laddr=").as_ref() == Some(&server);
    list.lines()
        .filter(|line| is_here(line) && is_blocked(line))
        .map(|line| field(line, "id=").unwrap().parse().unwrap())
        .collect()
}

/// Waits until so many connections of this server wait.
pub fn wait_blocked(server: &Server, count: usize) {
    let mut control = server.client();
    let until = Instant::now() + PATIENCE;
    while blocked(&mut control).len() != count {
        assert!(Instant::now() < until, "{count} connections do not wait: {:?}", blocked(&mut control));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A connection with the patience that waits over a failover need.
pub fn client(server: &Server) -> Client {
    let mut client = server.client();
    client.set_timeout(Duration::from_secs(60));
    client
}

/// One that has sent a command line whose reply comes later.
pub fn wait(server: &Server, line: &str) -> Client {
    let mut client = client(server);
    client.send_line(line);
    client
}

/// The token and the validity, ms, of a hold that there is.
pub fn granted(reply: &Value) -> (i64, u64) {
    holds::granted(reply).unwrap_or_else(|| panic!("{reply:?}"))
}
