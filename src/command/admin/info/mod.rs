//! INFO
//!
//! Answered by the node alone, also without a leader: then `loading:1`. `# Raft` is ours.

mod node;
mod raft;

use std::fmt::Write;

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call, Server, Session};

pub static SPEC: Spec = Spec {
    name: "info",
    arity: -1,
    flags: Flags::LOADING.union(Flags::STALE),
    categories: Categories::DANGEROUS,
    keys: &[],
    doc: Doc {
        summary: "Tells how the node and the cluster are.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(1)",
        args: &[Arg::new("section", ArgKind::String).optional().multiple()],
    },
    run: Run::Session(run),
    subcommands: &[],
};

/// What the sections are made of.
struct Source<'a> {
    server: &'a Server,
    session: &'a Session,
}

type Section = fn(&Source<'_>, &mut String);

/// Name, whether it is among the defaults, and what writes it.
static SECTIONS: [(&str, bool, Section); 13] = [
    ("Server", true, node::server),
    ("Clients", true, node::clients),
    ("Memory", true, node::memory),
    ("Persistence", true, raft::persistence),
    ("Stats", true, node::stats),
    ("Replication", true, raft::replication),
    ("CPU", true, node::cpu),
    ("Modules", true, node::modules),
    ("Commandstats", false, node::commandstats),
    ("Errorstats", true, node::errorstats),
    ("Cluster", true, node::cluster),
    ("Keyspace", true, raft::keyspace),
    ("Raft", true, raft::raft),
];

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let source = Source { server: call.server, session: call.session };
    let wanted = |name: &str, by_default: bool| {
        let asked = args.from(1).any(|arg| {
            arg.eq_ignore_ascii_case(name.as_bytes())
                || arg.eq_ignore_ascii_case(b"all")
                || arg.eq_ignore_ascii_case(b"everything")
                || (by_default && arg.eq_ignore_ascii_case(b"default"))
        });
        asked || (args.len() == 1 && by_default)
    };
    let mut out = String::new();
    for (name, by_default, section) in SECTIONS {
        if wanted(name, by_default) {
            if !out.is_empty() {
                out.push_str("\r\n");
            }
            // Writing to a string cannot fail.
            let _ = write!(out, "# {name}\r\n");
            section(&source, &mut out);
        }
    }
    Reply::Verbatim("txt", out.into()).into()
}

/// Appends `name:value` and a line end.
fn line(out: &mut String, name: &str, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{name}:{value}\r\n");
}

/// Bytes as people read them: `1.50M`.
fn human(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "K", "M", "G", "T"] {
        if value < 1024.0 || unit == "T" {
            return if unit == "B" { format!("{bytes}B") } else { format!("{value:.2}{unit}") };
        }
        value /= 1024.0;
    }
    String::new()
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_shown_as_redis_shows_them() {
        for (bytes, text) in [(0, "0B"), (1023, "1023B"), (1536, "1.50K"), (5 << 20, "5.00M"), (3 << 40, "3.00T")] {
            assert_eq!(super::human(bytes), text);
        }
    }
}
