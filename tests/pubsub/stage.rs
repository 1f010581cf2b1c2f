//! Several connections to one server; one step at a time, and all that each connection was sent because of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::support::client::{Client, encode};
use crate::support::process::Server;
use crate::support::value::Value;

const PATIENCE: Duration = Duration::from_secs(20);
const MARK: &str = "__mark__";

/// See the module's header.
pub struct Stage {
    actors: Vec<Option<Client>>,
    marks: usize,
}

impl Stage {
    /// `count` connections.
    pub fn new(server: &Server, count: usize) -> Self {
        let until = Instant::now() + PATIENCE;
        while server.client().call(&["FLUSHALL"]).is_error() {
            assert!(Instant::now() < until, "no leader in time");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { actors: (0..count).map(|_| Some(server.client())).collect(), marks: 0 }
    }

    /// Commands of one connection in one write, and what every connection got by then: a PING behind them marks the end.
    pub fn act(&mut self, actor: usize, commands: &[Vec<&str>]) -> BTreeMap<usize, Vec<Value>> {
        let mut out = Vec::new();
        commands.iter().for_each(|command| encode(&mut out, command));
        self.actor(actor).send_raw(&out).unwrap();
        let mut got = BTreeMap::new();
        // The one that acts first: what the others get follows from it.
        let others = (0..self.actors.len()).filter(|other| *other != actor);
        for reader in std::iter::once(actor).chain(others).collect::<Vec<_>>() {
            let replies = self.read(reader);
            if !replies.is_empty() {
                got.insert(reader, replies);
            }
        }
        got
    }

    fn read(&mut self, reader: usize) -> Vec<Value> {
        self.marks += 1;
        let mark = format!("{MARK}{}", self.marks);
        let Some(client) = &mut self.actors[reader] else { return Vec::new() };
        let mut out = Vec::new();
        encode(&mut out, &["PING", &mark]);
        // One that was closed says so when it is read.
        let _ = client.send_raw(&out);
        let mut replies = Vec::new();
        let pong = |value: &Value| match value {
            Value::Bulk(text) => text == mark.as_bytes(),
            Value::Array(parts) => parts.last() == Some(&Value::Bulk(mark.clone().into_bytes())) && parts.len() == 2,
            _ => false,
        };
        loop {
            match client.read_reply() {
                Ok(value) if pong(&value) => return replies,
                Ok(value) => replies.push(value),
                Err(_) => {
                    replies.push(Value::Simple(b"(closed)".to_vec()));
                    self.actors[reader] = None;
                    return replies;
                }
            }
        }
    }

    /// The connection itself.
    pub fn actor(&mut self, actor: usize) -> &mut Client {
        self.actors[actor].as_mut().unwrap()
    }
}
