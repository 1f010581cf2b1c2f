//! INFO: Redis's fields where there is something to tell, and a section `raft` of ours. Without a leader it is answered all the
//! same, with `loading:1`.

mod node;
mod raft;
mod work;

use std::fmt::Display;

use super::{OPEN, doc};
use crate::command::context::{Answer, Call, ClusterView, DatabaseFacts, Node, RaftFacts, SnapshotFacts};
use crate::command::{Arg, ArgKind, Categories, Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "info",
    -1,
    OPEN.union(Flags::CUTS_GROUP).union(Flags::PAUSE_EXEMPT),
    doc("1.0.0", "O(1)", "Returns information about the node and the cluster.").args(&[Arg::new(
        "section",
        ArgKind::String,
    )
    .optional()
    .multiple()]),
    run,
)
.categories(Categories::DANGEROUS);

/// What sections are made of.
pub struct Facts<'a> {
    node: &'a dyn Node,
    cluster: ClusterView,
    raft: Option<RaftFacts>,
    snapshots: SnapshotFacts,
    databases: Vec<DatabaseFacts>,
    /// How many scripts are loaded, and their bytes.
    scripts: (usize, usize),
    /// How many libraries of functions there are, how many functions, and their bytes.
    libraries: (usize, usize, usize),
    /// How many channels, patterns and shard channels anybody is subscribed to.
    subscriptions: [usize; 3],
    /// How many keys are waited for, and of how many of those the end.
    waited_keys: (usize, usize),
}

type Write = fn(&mut Section, &Facts<'_>);

/// Name, whether it is shown by default, and its content.
const SECTIONS: [(&str, bool, Write); 14] = [
    ("Server", true, node::server),
    ("Clients", true, node::clients),
    ("Memory", true, node::memory),
    ("Persistence", true, work::persistence),
    ("Stats", true, work::stats),
    ("Replication", true, raft::replication),
    ("CPU", true, node::cpu),
    ("Modules", true, |_, _| ()),
    ("Commandstats", false, work::commands),
    ("Errorstats", true, work::errors),
    ("Latencystats", false, work::latencies),
    ("Cluster", true, node::cluster),
    ("Raft", true, raft::raft),
    ("Keyspace", true, work::keyspace),
];

/// The text of one section.
pub struct Section(String);

impl Section {
    fn field(&mut self, name: &str, value: impl Display) {
        self.0.push_str(&format!("{name}:{value}\r\n"));
    }

    /// Bytes, and the same for people.
    fn bytes(&mut self, name: &str, bytes: u64) {
        self.field(name, bytes);
        self.field(&format!("{name}_human"), human(bytes));
    }
}

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let asked: Vec<String> = args.from(1).map(|name| String::from_utf8_lossy(name).to_ascii_lowercase()).collect();
    let node = call.node.clone();
    Answer::later(async move {
        let facts = gather(&*node).await;
        let mut text = String::new();
        for (name, is_default, write) in SECTIONS {
            if !is_asked(&asked, name, is_default) {
                continue;
            }
            if !text.is_empty() {
                text.push_str("\r\n");
            }
            let mut section = Section(format!("# {name}\r\n"));
            write(&mut section, &facts);
            text.push_str(&section.0);
        }
        Reply::Verbatim(*b"txt", text.into())
    })
}

fn is_asked(asked: &[String], name: &str, is_default: bool) -> bool {
    (asked.is_empty() && is_default)
        || asked.iter().any(|asked| match asked.as_str() {
            "all" | "everything" => true,
            "default" => is_default,
            asked => asked.eq_ignore_ascii_case(name),
        })
}

async fn gather(node: &dyn Node) -> Facts<'_> {
    let (cluster, databases) = (node.view().await, node.databases().await);
    let scripts = node.scripts().await;
    let libraries = node.libraries().await;
    let (subscriptions, waited_keys) = (node.subscriptions().await, node.waited_keys().await);
    let (raft, snapshots) = (node.raft(), node.snapshots());
    Facts { node, cluster, raft, snapshots, databases, scripts, libraries, subscriptions, waited_keys }
}

/// Bytes as Redis writes them for people.
fn human(bytes: u64) -> String {
    let value = bytes as f64;
    match bytes {
        0..1024 => format!("{bytes}B"),
        1024..0x10_0000 => format!("{:.2}K", value / 1024.0),
        0x10_0000..0x4000_0000 => format!("{:.2}M", value / 1_048_576.0),
        _ => format!("{:.2}G", value / 1_073_741_824.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_chosen_by_name_and_by_group() {
        let asked = |words: &[&str]| -> Vec<&str> {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            SECTIONS.iter().filter(|section| is_asked(&words, section.0, section.1)).map(|section| section.0).collect()
        };
        assert_eq!(asked(&["cpu", "raft", "nosuch"]), ["CPU", "Raft"]);
        assert_eq!(asked(&["everything"]).len(), SECTIONS.len());
        assert_eq!(asked(&[]), asked(&["default"]));
        assert!(!asked(&[]).contains(&"Commandstats"));
    }

    #[test]
    fn bytes_are_written_as_by_redis() {
        assert_eq!((human(0), human(1_188_488), human(25_276_502_016)), ("0B".into(), "1.13M".into(), "23.54G".into()));
    }
}
