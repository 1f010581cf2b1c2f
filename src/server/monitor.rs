//! MONITOR: the lines that those who watch this node's commands are given.
//!
//! Invariants
//! - Shown is what was called, as Redis shows it: not what was refused or only queued, nothing for operators (ADMIN). A password never is
//!   ([`Spec::is_secret`]).
//! - A connection's lines come in the order of its commands, each before the reply to it is written, one that may wait before it waits. So who
//!   sends a command after it has the reply to another one stands behind that one, on whatever connection of the node. (Commands that are
//!   under way at the same time stand in the order in which they were answered here.)
//! - A script stands before what it calls, and what EXEC ran before EXEC.

use bytes::Bytes;

use super::Server;
use crate::command::{Flags, Spec};
use crate::error::LOADING;
use crate::executor::{Command, Step};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::DATABASES;

/// A call that is to be shown once its step is answered.
pub struct Called {
    /// The step's place in its group.
    pub at: usize,
    /// What was called.
    pub spec: &'static Spec,
    /// As the client sent it.
    pub args: Args,
    /// The connection's database behind it.
    pub db: usize,
}

impl Server {
    /// True if anybody watches.
    pub fn is_monitored(&self) -> bool {
        self.router.executor().is_some_and(|executor| executor.monitors.is_any())
    }

    /// Shows the call of a client of this address.
    pub fn show_call(&self, addr: &str, spec: &Spec, args: &Args, db: usize) {
        let is_hidden = spec.flags.contains(Flags::ADMIN)
            // Scripts are hidden by their flags because Redis shows them before they run.
            || (spec.flags.contains(Flags::SKIP_MONITOR) && !spec.flags.contains(Flags::SCRIPT));
        if !is_hidden && let Some(executor) = self.router.executor() {
            executor.monitors.feed(&line(self.env.clocks.wall_us(), db, addr, spec, args));
        }
    }

    /// Shows what an answered step has called.
    pub fn show_step(&self, addr: &str, called: &Called, step: &Step, reply: &Reply) {
        if matches!(reply, Reply::Error(error) if *error == LOADING) {
            return;
        }
        let mut db = called.db;
        let (Step::Read(command) | Step::Write(command)) = step else {
            return self.show_call(addr, called.spec, &called.args, db);
        };
        let Some(exec) = &command.exec else {
            self.show_call(addr, called.spec, &called.args, db);
            return self.show_calls_of(command);
        };
        db = command.db.into();
        let commands = if matches!(reply, Reply::Array(_)) { exec.commands.as_slice() } else { &[] };
        for inner in commands {
            db = db_behind(inner);
            self.show_call(addr, inner.spec, inner.log_args(), db);
            self.show_calls_of(inner);
        }
        self.show_call(addr, called.spec, &called.args, db);
    }

    fn show_calls_of(&self, script: &Command) {
        for (db, args) in script.calls.iter().flat_map(|calls| calls.take()) {
            let spec = crate::command::named(&args).unwrap_or(script.spec);
            self.show_call("lua", spec, &args, db);
        }
    }
}

/// The database of what comes behind a command in a transaction, which is what Redis shows of SELECT itself.
fn db_behind(command: &Command) -> usize {
    let selected = parse_i64(command.args.arg(1)).and_then(|index| usize::try_from(index).ok());
    let selected = selected.filter(|index| *index < DATABASES && command.spec.flags.contains(Flags::SELECTS));
    selected.unwrap_or_else(|| command.db.into())
}

fn line(now_us: u64, db: usize, addr: &str, spec: &Spec, args: &Args) -> Bytes {
    let mut line = Vec::with_capacity(64 + args.payload());
    line.extend_from_slice(format!("+{}.{:06} [{db} {addr}]", now_us / 1_000_000, now_us % 1_000_000).as_bytes());
    for (at, arg) in args.iter().enumerate() {
        line.extend_from_slice(b" \"");
        match spec.is_secret.is_some_and(|is_secret| is_secret(args, at)) {
            true => line.extend_from_slice(b"(redacted)"),
            false => arg.iter().for_each(|byte| escape(&mut line, *byte)),
        }
        line.push(b'"');
    }
    line.extend_from_slice(b"\r\n");
    line.into()
}

/// A byte as redis-cli shows it.
fn escape(line: &mut Vec<u8>, byte: u8) {
    match byte {
        b'\\' | b'"' => line.extend_from_slice(&[b'\\', byte]),
        b'\n' => line.extend_from_slice(b"\\n"),
        b'\r' => line.extend_from_slice(b"\\r"),
        b'\t' => line.extend_from_slice(b"\\t"),
        7 => line.extend_from_slice(b"\\a"),
        8 => line.extend_from_slice(b"\\b"),
        b' '..=b'~' => line.push(byte),
        _ => line.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::named;

    fn shown<A: AsRef<[u8]>>(words: &[A]) -> String {
        let args = Args::from_slices(words);
        String::from_utf8(line(1_700_000_000_000_042, 9, "1.2.3.4:5", named(&args).unwrap(), &args).into()).unwrap()
    }

    #[test]
    fn a_line_has_time_database_client_and_escaped_arguments() {
        let every_kind: &[&[u8]] = &[b"SeT", b"", b"a b~\"\\\n\r\t\x07\x08\x00\x1f\x7f\xff"];
        let expected = r#"+1700000000.000042 [9 1.2.3.4:5] "SeT" "" "a b~\"\\\n\r\t\a\b\x00\x1f\x7f\xff""#;
        assert_eq!(shown(every_kind), format!("{expected}\r\n"));
    }

    #[test]
    fn passwords_are_not_shown() {
        let line = shown(&["HELLO", "3", "auth", "default", "one"]);
        assert!(line.ends_with("\"HELLO\" \"3\" \"auth\" \"(redacted)\" \"(redacted)\"\r\n"), "{line}");
    }

    #[test]
    fn a_transaction_s_select_counts_for_what_stands_behind_it() {
        let db = |line: &str| {
            let args = Args::from_slices(line.split(' '));
            db_behind(&Command::new(named(&args).unwrap(), 3, args))
        };
        assert_eq!(["SELECT 5", "SELECT 16", "SELECT x", "GET 7"].map(db), [5, 3, 3, 3]);
    }
}
