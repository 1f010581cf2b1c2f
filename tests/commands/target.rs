//! One server under test: its connections, and the answers to an episode.

use std::io::ErrorKind;
use std::net::SocketAddr;

use crate::atoms::{DATABASES, KEYS};
use crate::episode::{CONNECTIONS, How, Item};
use crate::support::client::Client;
use crate::support::value::{Value, check_decodable};

/// What came back for one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A reply.
    Reply(Value),
    /// None was expected.
    Silent,
    /// The server has closed the connection.
    Closed,
    /// Nothing came in time, or something that is no reply.
    Broken(String),
}

/// Channel that marks where events end.
const MARK: &str = "__mark__";

/// 7.2 makes a consumer that asks in vain, so there is one to delete.
const CONSUMERS: [&str; 2] = ["xgroup-createconsumer", "xgroup-delconsumer"];

/// Changes an answer, so that the harness can be seen to notice.
pub type Sabotage = fn(&Item, Value) -> Value;

/// A server and two connections to it.
pub struct Target {
    addr: SocketAddr,
    connections: Vec<Client>,
    /// Is told of what happens to keys, and the one that marks an end there.
    observer: Option<(Client, Client)>,
    /// Replies have to be what an independent decoder understands.
    check: bool,
    sabotage: Option<Sabotage>,
}

impl Target {
    /// Connects.
    pub fn new(addr: SocketAddr, check: bool) -> Self {
        Self { addr, connections: Vec::new(), observer: None, check, sabotage: None }
    }

    /// With lies.
    pub fn sabotaged(addr: SocketAddr, sabotage: Sabotage) -> Self {
        Self { sabotage: Some(sabotage), ..Self::new(addr, false) }
    }

    /// New connections to an empty server.
    pub fn reset(&mut self) {
        self.connections = (0..CONNECTIONS).map(|_| Client::connect(self.addr)).collect();
        // Nothing is slow enough to be logged: what is, would depend on the machine.
        let commands = [
            "FLUSHALL",
            "SCRIPT FLUSH",
            "FUNCTION FLUSH",
            "CONFIG SET slowlog-max-len 128 slowlog-log-slower-than 100000000",
            "SLOWLOG RESET",
        ];
        for command in commands {
            let reply = self.connections[0].line(command);
            // With a part of the commands only, what is not there yet is not needed; but keys have to go.
            if reply != Value::Simple(b"OK".to_vec()) {
                assert!(
                    std::env::var_os("LOCKSTEP_ONLY").is_some(),
                    "{command}: {reply:?}; episodes cannot begin anew"
                );
                self.delete_keys();
            }
        }
        self.events();
    }

    /// What keyspace events there were since the last time, in order: of all classes but `expired`, because the servers read the clock at
    /// different moments, and `keymiss`, because errors are found before or behind a look at a key. None: CLIENT KILL TYPE pubsub was among the commands.
    pub fn events(&mut self) -> Option<Vec<(String, String)>> {
        let addr = self.addr;
        let (subscriber, publisher) = self.observer.get_or_insert_with(|| {
            let mut subscriber = Client::connect(addr);
            subscriber.call(&["SUBSCRIBE", MARK]);
            subscriber.call(&["PSUBSCRIBE", "__key*__:*"]);
            let mut publisher = Client::connect(addr);
            publisher.call(&["CONFIG", "SET", "notify-keyspace-events", "KEg$lshztn"]);
            (subscriber, publisher)
        });
        publisher.call(&["PUBLISH", MARK, ""]);
        let mut events = Vec::new();
        loop {
            let Ok(message) = subscriber.read_reply() else {
                self.observer = None;
                return None;
            };
            let parts: Vec<String> = message.items().unwrap_or_default().iter().filter_map(Value::text).collect();
            match parts.as_slice() {
                [_, channel, _] if channel == MARK => return Some(events),
                [_, _, channel, text] if CONSUMERS.iter().any(|event| channel.ends_with(event) || text == event) => {}
                [_, _, channel, text] => events.push((channel.clone(), text.clone())),
                other => panic!("{other:?} is no message"),
            }
        }
    }

    fn delete_keys(&self) {
        let mut client = Client::connect(self.addr);
        for db in 0..DATABASES {
            client.call(&["SELECT", &db.to_string()]);
            client.call(&[&["DEL"], &KEYS[..]].concat());
        }
    }

    /// Sends one pipeline.
    pub fn send(&mut self, burst: &[Item]) {
        let mut out = Vec::new();
        for item in burst {
            item.encode(&mut out);
        }
        // If the server has closed it already, reading will tell.
        let _ = self.connections[burst[0].connection].send_raw(&out);
    }

    /// Reads the answers to it.
    pub fn receive(&mut self, burst: &[Item]) -> Vec<Answer> {
        let connection = burst[0].connection;
        let mut answers = Vec::new();
        for item in burst {
            let ended = matches!(answers.last(), Some(Answer::Closed | Answer::Broken(_)));
            answers.push(match item.answered {
                _ if ended => Answer::Closed,
                false => Answer::Silent,
                true => self.answer(item),
            });
        }
        // QUIT answers and then closes: whatever else is sent would meet a closed connection.
        let quit =
            burst.iter().zip(&answers).any(|(item, answer)| item.is("QUIT") && matches!(answer, Answer::Reply(_)));
        if quit || matches!(answers.last(), Some(Answer::Closed | Answer::Broken(_))) {
            self.connections[connection] = Client::connect(self.addr);
        }
        answers
    }

    fn answer(&mut self, item: &Item) -> Answer {
        match self.read(item) {
            Ok(value) => Answer::Reply(match self.sabotage {
                Some(sabotage) => sabotage(item, value),
                None => value,
            }),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ) =>
            {
                Answer::Closed
            }
            Err(error) => Answer::Broken(error.to_string()),
        }
    }

    fn read(&mut self, item: &Item) -> std::io::Result<Value> {
        let connection = &mut self.connections[item.connection];
        let (mut value, raw) = connection.read_with_raw()?;
        if self.check {
            check_decodable(&value, &raw).map_err(|what| std::io::Error::new(ErrorKind::InvalidData, what))?;
        }
        if item.how != How::Iterate {
            return Ok(value);
        }
        let at = item.args.iter().position(|arg| arg == b"0").unwrap_or_default();
        let pair = usize::from(item.is("HSCAN") || item.is("ZSCAN")) + 1;
        let mut found = std::collections::BTreeSet::new();
        loop {
            let Some([Value::Bulk(cursor), Value::Array(items)]) = value.items() else { return Ok(value) };
            found.extend(items.chunks(pair).map(|chunk| Value::Array(chunk.to_vec())));
            if cursor == b"0" {
                return Ok(Value::Array(found.into_iter().collect()));
            }
            let mut args = item.args.clone();
            args[at].clone_from(cursor);
            value = connection.try_call(&args)?;
        }
    }

    /// Every key of the databases that episodes use, in one order: what two servers with the same history agree on.
    /// Deadlines are left out: TTL and its kin are compared where an episode asks for them.
    pub fn state(&mut self) -> Vec<(String, Value)> {
        let mut client = Client::connect(self.addr);
        let mut state = Vec::new();
        for db in 0..DATABASES {
            client.call(&["SELECT", &db.to_string()]);
            let types = client.pipeline(&KEYS.map(|key| vec!["TYPE", key]));
            for (key, kind) in KEYS.iter().zip(types) {
                let content = match kind.text().as_deref() {
                    Some("string") => without_estimate(client.call(&["GET", key])),
                    Some("hash") => sorted_pairs(&client.call(&["HGETALL", key])),
                    Some("zset") => with_plain_numbers(&client.call(&["ZRANGE", key, "0", "-1", "WITHSCORES"])),
                    Some("list") => client.call(&["LRANGE", key, "0", "-1"]),
                    Some("stream") => stream(&mut client, key),
                    Some("set") => sorted(&client.call(&["SMEMBERS", key])),
                    _ => kind,
                };
                let persistent = client.call(&["TTL", key]) == Value::Int(-1);
                state.push((format!("{key} in database {db}"), Value::Array(vec![content, Value::Bool(persistent)])));
            }
        }
        state
    }
}

/// A sketch without the estimate in its header, which Redis's PFCOUNT keeps there.
fn without_estimate(value: Value) -> Value {
    match value {
        Value::Bulk(mut bytes) if bytes.starts_with(b"HYLL") && bytes.len() >= 16 => {
            bytes[8..16].fill(0);
            Value::Bulk(bytes)
        }
        other => other,
    }
}

/// Entries, what is known of the past, and of each group how far it is and what is pending.
fn stream(client: &mut Client, key: &str) -> Value {
    let mut parts = vec![client.call(&["XRANGE", key, "-", "+"])];
    let info = client.call(&["XINFO", "STREAM", key]);
    let known =
        ["radix-tree-keys", "last-generated-id", "max-deleted-entry-id", "entries-added", "recorded-first-entry-id"];
    let field = |map: &Value, name: &str| {
        let pairs = map.items().unwrap_or_default().chunks(2);
        pairs.filter(|pair| pair[0].text().as_deref() == Some(name)).map(|pair| pair[1].clone()).next().unwrap()
    };
    parts.extend(known.map(|name| field(&info, name)));
    for group in client.call(&["XINFO", "GROUPS", key]).items().unwrap_or_default() {
        parts.extend(["name", "pending", "last-delivered-id", "entries-read", "lag"].map(|name| field(group, name)));
        parts.push(client.call(&["XPENDING", key, &field(group, "name").text().unwrap()]));
    }
    Value::Array(parts)
}

/// Members and scores, the latter written in one way; -0 as 0.
fn with_plain_numbers(value: &Value) -> Value {
    let plain = |(at, item): (usize, &Value)| match item.text().and_then(|text| text.parse::<f64>().ok()) {
        Some(score) if at % 2 == 1 => Value::Bulk(format!("{:?}", score + 0.0).into_bytes()),
        _ => item.clone(),
    };
    Value::Array(value.items().unwrap_or_default().iter().enumerate().map(plain).collect())
}

fn sorted(value: &Value) -> Value {
    let mut items = value.items().unwrap_or_default().to_vec();
    items.sort();
    Value::Set(items)
}

fn sorted_pairs(value: &Value) -> Value {
    let mut pairs = value.pairs().unwrap_or_default();
    pairs.sort();
    Value::Map(pairs)
}
