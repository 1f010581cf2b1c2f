//! Episodes: what is sent, to which connection, in which pipeline. Made before anything is sent, so that a seed is enough to
//! repeat one, and an episode can be replayed in part.

use crate::atoms::{self, KEYS};
use crate::grammar::{Generated, Grammar};
use crate::support::bounds::EPISODE_COMMANDS;
use crate::support::client;
use crate::support::rng::Rng;

/// Connections to each server; used one after the other, so that the order is the same on both.
pub const CONNECTIONS: usize = 2;
/// Most commands of one pipeline.
const PIPELINE_MAX: usize = 30;
/// Share of commands that are damaged on purpose, in percent.
const DAMAGED_PERCENT: usize = 9;
/// Commands that take a time to live: damage must not make one that ends while the test runs, sooner on one server than on the other.
const EXPIRING: [&[u8]; 6] = [b"SET", b"SETEX", b"PSETEX", b"GETEX", b"EXPIRE", b"PEXPIRE"];
/// Share of pipelines' commands that are sent as inline commands, in percent.
const INLINE_PERCENT: usize = 4;

/// How a command is sent and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As a frame.
    Frame,
    /// As a line with quotes.
    Inline,
    /// As frames, until the cursor is 0 again.
    Iterate,
}

/// A command of an episode.
#[derive(Clone, Debug)]
pub struct Item {
    /// The connection.
    pub connection: usize,
    /// Neighbours with the same number are one pipeline.
    pub burst: usize,
    /// Command and arguments.
    pub args: Vec<Vec<u8>>,
    /// How it is sent.
    pub how: How,
    /// False behind CLIENT REPLY OFF or SKIP.
    pub answered: bool,
    /// Points of the grammar that it reaches.
    pub points: Vec<usize>,
}

impl Item {
    /// The name in upper case, with the subcommand of a container if `words` is 2.
    pub fn name(&self, words: usize) -> String {
        let words = self.args.iter().take(words).map(|word| String::from_utf8_lossy(word).to_uppercase());
        words.collect::<Vec<_>>().join(" ")
    }

    /// True for the command of this name.
    pub fn is(&self, name: &str) -> bool {
        self.args.first().is_some_and(|arg| arg.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        if self.how != How::Inline {
            return client::encode(out, &self.args);
        }
        for (i, arg) in self.args.iter().enumerate() {
            let plain = !arg.is_empty() && arg.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(byte));
            out.extend_from_slice(if i == 0 { b"" } else { b" " });
            if plain {
                out.extend_from_slice(arg);
            } else {
                out.extend_from_slice(quoted(arg).as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// An argument as redis-cli and inline commands read it.
pub fn quoted(arg: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in arg {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            other => text.push_str(&format!("\\x{other:02x}")),
        }
    }
    text.push('"');
    text
}

/// Makes one episode.
pub struct Maker<'a> {
    grammar: &'a Grammar,
    rng: &'a mut Rng,
    items: Vec<Item>,
    burst: usize,
}

impl<'a> Maker<'a> {
    /// The next episode of this sequence of random numbers.
    pub fn episode(grammar: &'a Grammar, rng: &'a mut Rng) -> Vec<Item> {
        let mut maker = Self { grammar, rng, items: Vec::new(), burst: 0 };
        for connection in 0..CONNECTIONS {
            if maker.rng.percent(50) {
                maker.exactly(connection, "HELLO 3");
            }
        }
        while maker.items.len() < EPISODE_COMMANDS {
            maker.burst += 1;
            let connection = maker.rng.below(CONNECTIONS);
            match maker.rng.below(100) {
                0..70 => maker.pipeline(connection),
                70..85 => maker.transaction(connection),
                85..93 => maker.conflict(connection),
                93..95 => maker.silent(connection),
                95 => maker.exactly(connection, "QUIT"),
                96 => maker.exactly(connection, "RESET"),
                97 => maker.exactly(connection, "HELLO 2"),
                98 => maker.exactly(connection, "HELLO 3"),
                _ => maker.exactly(connection, "CLIENT REPLY ON"),
            }
        }
        maker.items
    }

    fn push(&mut self, connection: usize, (args, points): Generated, how: How) {
        let persists = |arg: &Vec<u8>| arg.eq_ignore_ascii_case(b"PERSIST");
        let is_swap = args[0].eq_ignore_ascii_case(b"SWAPDB");
        // What Redis does not count as a change of the key, though it is one: what groups have read.
        let changes_group = ["XGROUP", "XREADGROUP", "XACK", "XCLAIM", "XAUTOCLAIM", "XSETID"]
            .iter()
            .any(|name| args[0].eq_ignore_ascii_case(name.as_bytes()));
        if (is_swap || changes_group || args.iter().any(persists)) && self.grammar.allows("UNWATCH") {
            // A deadline is not noticed that came and went: WATCH compares a key's revision and deadline. And SWAPDB stops EXEC on a key
            // that is absent before and after, because it might have been brought in and removed.
            for connection in 0..CONNECTIONS {
                let (unwatch, points) = self.grammar.exactly("UNWATCH");
                self.burst += 1;
                self.items.push(Item {
                    connection,
                    burst: self.burst,
                    args: unwatch,
                    how: How::Frame,
                    answered: true,
                    points,
                });
            }
            self.burst += 1;
        }
        self.items.push(Item { connection, burst: self.burst, args, how, answered: true, points });
    }

    fn exactly(&mut self, connection: usize, words: &str) {
        if !self.grammar.allows(words.split(' ').next().unwrap_or_default()) {
            return;
        }
        let mut generated = self.grammar.exactly(words);
        if self.rng.percent(10) {
            generated.0[0].make_ascii_lowercase();
        }
        self.push(connection, generated, How::Frame);
    }

    /// A random command; one that iterates is a pipeline of its own, so only where `alone` allows it.
    fn random(&mut self, connection: usize, alone: bool) {
        let form = loop {
            let form = self.grammar.pick(self.rng);
            if alone || !form.iterate {
                break form;
            }
        };
        let mut generated = self.grammar.generate(form, self.rng);
        if form.iterate {
            self.burst += 1;
            self.push(connection, generated, How::Iterate);
            self.burst += 1;
            return;
        }
        if !form.exact && self.rng.percent(DAMAGED_PERCENT) {
            self.damage(&mut generated);
        } else if self.rng.percent(15) {
            let case = self.rng.below(generated.0.len().min(2));
            generated.0[case] = if case == 0 { generated.0[0].to_ascii_lowercase() } else { generated.0[case].clone() };
        }
        let size: usize = generated.0.iter().map(Vec::len).sum();
        let inline = size < 8_000
            && self.rng.percent(INLINE_PERCENT)
            && generated.0[0].first().is_some_and(u8::is_ascii_alphabetic);
        self.push(connection, generated, if inline { How::Inline } else { How::Frame });
    }

    /// Wrong arity, a wrong argument, arguments in the wrong order, an option twice.
    fn damage(&mut self, (args, points): &mut Generated) {
        points.clear();
        let len = args.len();
        match self.rng.below(8) {
            0 => drop(args.pop()),
            1 => args.push(atoms::nasty(self.rng)),
            2 => {
                let (from, to) = (self.rng.below(len), self.rng.below(len));
                let copy = args[from].clone();
                args.insert(to + 1, copy);
            }
            3 if len > 2 => args.swap(1 + self.rng.below(len - 1), len - 1),
            4 => args[0].make_ascii_lowercase(),
            _ if len > 1 => {
                let at = 1 + self.rng.below(len - 1);
                args[at] = atoms::nasty(self.rng);
            }
            _ => args.push(atoms::nasty(self.rng)),
        }
        let is_script = args.first().is_some_and(|name| {
            let name = name.to_ascii_uppercase();
            name.starts_with(b"EVAL") || name == b"SCRIPT" || name == b"FUNCTION"
        });
        for arg in args.iter_mut().filter(|arg| is_script && std::str::from_utf8(arg).is_err()) {
            // The compiler's message shows the byte that it stumbled on, which reaches us as text only.
            *arg = b"return redis.call(".to_vec();
        }
        if args.is_empty() || args[0].is_empty() {
            args.insert(0, b"GET".to_vec());
        }
        let has_ttl = EXPIRING.iter().any(|name| args[0].eq_ignore_ascii_case(name));
        for arg in args.iter_mut().skip(1).filter(|arg| has_ttl && is_near(arg)) {
            *arg = b"90000007".to_vec();
        }
    }

    fn pipeline(&mut self, connection: usize) {
        let len = if self.rng.percent(50) { 1 + self.rng.below(4) } else { 1 + self.rng.below(PIPELINE_MAX) };
        for _ in 0..len {
            self.random(connection, true);
        }
    }

    /// MULTI … EXEC or DISCARD, in one pipeline or several, watched or not, with what is not allowed inside.
    fn transaction(&mut self, connection: usize) {
        if self.rng.percent(30) {
            let key = self.rng.pick(&KEYS).to_string();
            self.exactly(connection, &format!("WATCH {key}"));
        }
        let split = self.rng.percent(30);
        self.exactly(connection, "MULTI");
        for _ in 0..self.rng.below(8) {
            self.burst += usize::from(split);
            match self.rng.below(40) {
                0 => self.exactly(connection, "MULTI"),
                1 => self.exactly(connection, "WATCH s1"),
                2 => self.exactly(connection, "UNWATCH"),
                3 => self.exactly(connection, "SELECT 1"),
                _ => self.queueable(connection),
            }
        }
        let end = match self.rng.below(20) {
            0 | 1 => "DISCARD",
            2 => "EXEC now",
            _ => "EXEC",
        };
        self.exactly(connection, end);
        if end == "EXEC now" {
            self.exactly(connection, "EXEC");
        }
    }

    /// Any command but HELLO and what came with 7.2: no rule for EXEC could except their replies inside EXEC's.
    fn queueable(&mut self, connection: usize) {
        loop {
            let before = self.items.len();
            self.random(connection, false);
            let word = |item: &Item, i: usize| item.args.get(i).map(|arg| arg.to_ascii_uppercase()).unwrap_or_default();
            let excepted = |item: &Item| match word(item, 0).as_slice() {
                b"HELLO" => true,
                b"COMMAND" => word(item, 1).starts_with(b"GETKEYS"),
                b"CLIENT" => matches!(word(item, 1).as_slice(), b"SETINFO" | b"NO-TOUCH"),
                _ => false,
            };
            if !self.items.get(before..).unwrap_or_default().iter().any(excepted) {
                return;
            }
            self.items.truncate(before);
        }
    }

    /// WATCH, then perhaps a write of the other connection (or of this one), then EXEC.
    fn conflict(&mut self, connection: usize) {
        let key = self.rng.pick(&KEYS).to_string();
        self.exactly(connection, &format!("WATCH {key}"));
        self.burst += 1;
        let writer = if self.rng.percent(75) { (connection + 1) % CONNECTIONS } else { connection };
        match self.rng.below(8) {
            0 => {}
            1 => self.exactly(writer, &format!("DEL {key}")),
            2 => self.exactly(writer, &format!("APPEND {key} x")),
            3 => self.exactly(writer, &format!("SET {key} changed")),
            4 if self.rng.percent(50) => self.exactly(writer, &format!("HSET {key} f1 changed")),
            4 => self.exactly(writer, &format!("ZADD {key} 1 f1")),
            5 => self.exactly(writer, "UNWATCH"),
            6 => self.exactly(writer, &format!("GET {key}")),
            _ => self.random(writer, false),
        }
        self.burst += 1;
        self.exactly(connection, "MULTI");
        for _ in 0..1 + self.rng.below(3) {
            self.queueable(connection);
        }
        self.exactly(connection, "EXEC");
    }

    /// CLIENT REPLY OFF … ON, or SKIP and one command.
    fn silent(&mut self, connection: usize) {
        if !self.grammar.allows("CLIENT") {
            return;
        }
        let off = self.rng.percent(50);
        let from = self.items.len();
        self.exactly(connection, if off { "CLIENT REPLY OFF" } else { "CLIENT REPLY SKIP" });
        for _ in 0..if off { self.rng.below(4) } else { 1 } {
            let (name, key) = (*self.rng.pick(&["INCR", "GET", "DEL", "NOSUCH", "GET x y z"]), *self.rng.pick(&KEYS));
            self.exactly(connection, &format!("{name} {key}"));
        }
        self.items[from..].iter_mut().for_each(|item| item.answered = false);
        self.exactly(connection, if off { "CLIENT REPLY ON" } else { "PING" });
    }
}

/// True of a number of seconds or milliseconds that may pass while the test runs.
fn is_near(arg: &[u8]) -> bool {
    std::str::from_utf8(arg)
        .ok()
        .and_then(|text| text.parse().ok())
        .is_some_and(|number: i64| (1..10_000_000).contains(&number))
}
