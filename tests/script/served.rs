//! Scripts through the ports of two servers, a node and a redis-server, on both protocols: every reply byte for byte the same.
//!
//! The corpora are run as they are for the libraries ([`libraries::wrapped`]). `corpus_served` has scripts that work on keys: those of
//! lock libraries and applications, written anew by what they do, and one for each function of `redis`. Blocks between `---`; in front of
//! a script, in the order in which they happen to one state: `--! key … | argument …` for a run of it (once without any if there is
//! none), and `--$ command` for what is sent before it, between two runs, or afterwards to see what they left. `\t` is a blank.

use crate::libraries;
use crate::support::client::{Client, encode};
use crate::support::process::Server;

/// A node and a redis-server.
struct Pair {
    _servers: (Server, Server),
    ours: Client,
    theirs: Client,
}

impl Pair {
    fn start(resp: &str) -> Self {
        let servers = (Server::lockstep(&[]), Server::redis(&[]));
        let (mut ours, mut theirs) = (servers.0.client(), servers.1.client());
        for client in [&mut ours, &mut theirs] {
            assert!(!client.call(&["HELLO", resp]).is_error());
        }
        Self { _servers: servers, ours, theirs }
    }

    /// The bytes of both replies.
    fn call(&mut self, args: &[&str]) -> (Vec<u8>, Vec<u8>) {
        let mut request = Vec::new();
        encode(&mut request, args);
        let reply = |client: &mut Client| {
            client.send_raw(&request).unwrap();
            client.read_with_raw().unwrap_or_else(|error| panic!("no reply to {args:?}: {error}")).1
        };
        (reply(&mut self.ours), reply(&mut self.theirs))
    }

    /// True if the replies are the same.
    fn agrees(&mut self, what: &str, args: &[&str]) -> bool {
        let (ours, theirs) = self.call(args);
        if ours != theirs {
            println!("== {what}\n  ours:   {}\n  theirs: {}", ours.escape_ascii(), theirs.escape_ascii());
        }
        ours == theirs
    }
}

fn blocks(folder: &str) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let read = |path| std::fs::read_to_string(path).unwrap();
    files
        .into_iter()
        .map(read)
        .flat_map(|text| text.trim_end().split("\n---\n").map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn on_both_protocols(test: impl Fn(&mut Pair) -> (usize, usize)) {
    for resp in ["2", "3"] {
        let (count, failed) = test(&mut Pair::start(resp));
        println!("RESP{resp}: {count} scripts, {failed} differ");
        assert_eq!(failed, 0);
        assert!(count >= 50);
    }
}

#[test]
fn corpora_get_the_same_replies_on_both_protocols() {
    let mut scripts = blocks("tests/script/corpus");
    scripts.extend(blocks("tests/script/corpus_redis"));
    assert!(scripts.len() > 400);
    on_both_protocols(|pair| {
        let agree = |source: &&String| pair.agrees(source, &["EVAL", &libraries::wrapped(source), "0"]);
        (scripts.len(), scripts.len() - scripts.iter().filter(agree).count())
    });
}

#[test]
fn scripts_of_libraries_and_applications_get_the_same_replies() {
    let scripts = blocks("tests/script/corpus_served");
    on_both_protocols(|pair| {
        let mut failed = 0;
        for script in &scripts {
            let mut agrees = pair.agrees("FLUSHALL", &["FLUSHALL"]);
            if !script.lines().any(|line| line.starts_with("--! ")) {
                agrees &= pair.agrees(script, &["EVAL", script, "0"]);
            }
            for line in script.lines() {
                if let Some(command) = line.strip_prefix("--$ ") {
                    let words: Vec<_> = command.split(' ').map(|word| word.replace("\\t", " ")).collect();
                    let words: Vec<_> = words.iter().map(String::as_str).collect();
                    agrees &= pair.agrees(&format!("{command}\n{script}"), &words);
                } else if let Some(run) = line.strip_prefix("--! ") {
                    let (keys, argv) = run.split_once('|').unwrap_or((run, ""));
                    let (keys, argv): (Vec<_>, Vec<_>) =
                        (keys.split_whitespace().collect(), argv.split_whitespace().collect());
                    let count = keys.len().to_string();
                    let args = [&["EVAL", script.as_str(), &count][..], &keys, &argv].concat();
                    agrees &= pair.agrees(&format!("{run}\n{script}"), &args);
                }
            }
            failed += usize::from(!agrees);
        }
        (scripts.len(), failed)
    });
}
