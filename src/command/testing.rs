//! Runs commands on a state without a server: for the unit tests of commands.

use bytes::BytesMut;

use crate::command::script::is_to_load;
use crate::command::{Caller, Flags, Spec, call_read, call_write, check};
use crate::protocol::{Args, Outcome, Reply, Resp, encode};
use crate::store::{Deadline, Effects, Hash, Horizon, Rng, State, Txn, View};

/// A state with a clock that the test moves.
pub struct Bench {
    /// The state.
    pub state: State,
    /// Cluster time, ms.
    pub now_ms: u64,
    /// Database of the next commands.
    pub db: usize,
    /// Runs a read.
    pub read: fn(&Spec, &View<'_>, &Args) -> Outcome,
    /// Runs a write.
    pub write: fn(&Spec, &mut Txn<'_>, &Args) -> Outcome,
    /// Index of the last entry.
    pub index: u64,
}

impl Default for Bench {
    fn default() -> Self {
        let mut state = State::default();
        state.cluster.level = crate::FEATURE_LEVEL;
        Self { state, now_ms: 1_790_000_000_000, db: 0, read: call_read, write: call_write, index: 0 }
    }
}

impl Bench {
    /// An empty state at a time in 2026.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs one command line (split as inline commands are) as its own log entry.
    pub fn run(&mut self, line: &str) -> Reply {
        let words = crate::protocol::parse::split_inline(line.as_bytes()).unwrap();
        self.run_args(&Args::from_slices(words))
    }

    /// Runs one command.
    pub fn run_args(&mut self, args: &Args) -> Reply {
        let spec = match check(Caller::Client, args) {
            Ok(spec) => spec,
            Err(error) => return error.into(),
        };
        self.index += 1;
        self.state.advance_clock(self.now_ms);
        let rng = Rng::of_command(self.index, 0);
        let to_load = spec.flags.contains(Flags::LOADS_SCRIPT) && is_to_load(args, &self.state);
        let reply = if spec.is_write() || to_load {
            let mut effects = Effects::default();
            let reply = Reply::from((self.write)(spec, &mut self.state.txn(self.db, rng, &mut effects), args));
            self.state.digest.reply(&reply);
            self.state.digest.finish(self.index);
            reply
        } else {
            let horizon = Horizon { applied_ms: self.now_ms, estimate_ms: self.now_ms };
            (self.read)(spec, &View::new(&self.state, self.db, horizon, rng), args).into()
        };
        if let Some(Err(error)) = spec.check.map(|check| check(args)) {
            assert_eq!(reply, error.into(), "the gate answers {args:?} otherwise than the command itself");
        }
        assert!(!spec.flags.contains(Flags::WRITE | Flags::READONLY), "{} both reads and writes", spec.name);
        self.state.validate().unwrap();
        reply
    }

    /// Runs one command as a script does, which asks what it does: its reply, and the units that it said.
    pub fn work(&mut self, line: &str) -> (Reply, u64) {
        self.work_within(line, u64::MAX)
    }

    /// The same, with no more allowed than so many units.
    pub fn work_within(&mut self, line: &str, allowed: u64) -> (Reply, u64) {
        let args = Args::from_slices(crate::protocol::parse::split_inline(line.as_bytes()).unwrap());
        let spec = check(Caller::Script, &args).unwrap();
        self.index += 1;
        let rng = Rng::of_command(self.index, 0);
        let mut effects = Effects::default();
        let mut txn = self.state.txn(self.db, rng, &mut effects).allowed(allowed);
        if spec.is_write() {
            return ((self.write)(spec, &mut txn, &args).into(), txn.worked());
        }
        let view = txn.view().allowed(allowed);
        ((self.read)(spec, &view, &args).into(), view.worked())
    }

    /// Runs one command and shows the reply as RESP2 bytes, line ends as blanks.
    pub fn text(&mut self, line: &str) -> String {
        shown(&self.run(line), Resp::V2)
    }

    /// The same as RESP3.
    pub fn text3(&mut self, line: &str) -> String {
        shown(&self.run(line), Resp::V3)
    }

    /// Runs all of a transcript, and compares every reply: how many commands there are.
    pub fn replay(&mut self, transcript: &str) -> usize {
        let mut commands = 0;
        let mut wrong = Vec::new();
        for (command, reply) in self::transcript(transcript) {
            let answer = self.text(command);
            if answer != reply {
                wrong.push(format!("{command}\n  found    {answer}\n  expected {reply}"));
            }
            commands += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        commands
    }

    /// Runs one command whose reply is a number.
    pub fn int(&mut self, line: &str) -> i64 {
        match self.run(line) {
            Reply::Int(number) => number,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// Runs one of LOCK.ACQUIRE and LOCK.EXTEND, which gets the lock: the token and the validity, ms.
    pub fn grant(&mut self, line: &str) -> (i64, i64) {
        match self.run(line) {
            Reply::Array(items) => match items[..] {
                [Reply::Int(token), Reply::Int(validity_ms)] => (token, validity_ms),
                _ => panic!("{line}: {items:?}"),
            },
            other => panic!("{line}: {other:?}"),
        }
    }

    /// Gives `key` a value that is no string: for what is refused with WRONGTYPE.
    pub fn put_hash(&mut self, key: &str) {
        let mut effects = Effects::default();
        let mut txn = self.state.txn(self.db, Rng::of_command(0, 0), &mut effects);
        txn.set(key.as_bytes(), Hash::default().into(), Deadline::Clear);
    }

    /// What WATCH compares; 0 for an absent key.
    pub fn revision(&self, key: &str) -> u64 {
        self.state.db(self.db).get(key.as_bytes()).map_or(0, |entry| entry.revision())
    }

    /// The deadline of a present key, ms.
    pub fn deadline_ms(&self, key: &str) -> Option<u64> {
        self.state.db(self.db).get(key.as_bytes())?.deadline_ms()
    }
}

/// A reply on the wire, line ends as blanks.
pub fn shown(reply: &Reply, resp: Resp) -> String {
    let mut out = BytesMut::new();
    encode(&mut out, reply, resp);
    String::from_utf8_lossy(&out).replace("\r\n", " ").trim_end().to_owned()
}

/// Command lines, each with the reply that it shall have, which is indented below it (in RESP2, line ends as blanks); without comments.
pub fn transcript(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(move || {
        let command = lines.next()?;
        let reply = lines.next().and_then(|reply| reply.strip_prefix("    "));
        Some((command, reply.unwrap_or_else(|| panic!("{command} has no reply"))))
    })
}
