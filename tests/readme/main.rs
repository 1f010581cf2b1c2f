//! The README tells the truth: its redis-cli session, run against a fresh node, gives what it shows, and each flag that it names
//! exists.
//!
//! Every line of the session is compared, the numbers that differ from run to run ([`Line::Integer`]) only by their form.
//! Deliberately absent: the README's shell commands for three nodes (`compat/clients` does what they do).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use support::process::Server;

const PROMPT: &str = "127.0.0.1:6379> ";
const PROMPT_IN_MULTI: &str = "127.0.0.1:6379(TX)> ";
/// The port that the README's node has.
const PORT: &str = "6379";

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("README.md")
}

/// A line of the session's replies.
#[derive(Debug, PartialEq)]
enum Line {
    Exact(String),
    /// An integer behind this text that differs from run to run: a fencing token or a log position.
    Integer {
        before: String,
    },
}

/// What the README shows: commands, and the lines of all replies.
struct Session {
    commands: Vec<String>,
    replies: Vec<String>,
}

fn session(text: &str) -> Session {
    let mut session = Session { commands: Vec::new(), replies: Vec::new() };
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```redis-cli";
        } else if inside {
            match line.strip_prefix(PROMPT).or_else(|| line.strip_prefix(PROMPT_IN_MULTI)) {
                Some(command) => session.commands.push(command.to_string()),
                None => session.replies.push(line.to_string()),
            }
        }
    }
    session
}

/// Replies in a form in which two runs are equal: tokens and log positions only by their form.
fn comparable(lines: &[String]) -> Vec<Line> {
    let mut after_matched = false;
    lines
        .iter()
        .map(|line| {
            let (before, number) = line.split_once("(integer) ").unwrap_or((line, ""));
            let is_token = number.len() >= 12 && number.bytes().all(|byte| byte.is_ascii_digit());
            let is_position = after_matched && number.parse::<u64>().is_ok();
            after_matched = line.ends_with("\"matched\"");
            if is_token || is_position {
                Line::Integer { before: before.into() }
            } else {
                Line::Exact(line.trim_end().into())
            }
        })
        .collect()
}

fn redis_cli(port: u16, commands: &[String]) -> Vec<String> {
    let mut child = Command::new("redis-cli")
        .args(["--no-raw", "-p", &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("redis-cli runs: apt-get install redis-tools");
    let input = commands.join("\n") + "\n";
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "redis-cli ended with {}", output.status);
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_string).collect()
}

fn is_decimal(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, part)| [whole, part].iter().all(|half| half.parse::<u64>().is_ok()))
}

#[test]
fn the_session_gives_what_it_shows() {
    let session = session(&readme());
    assert!(session.commands.len() >= 10, "the README's session has {} commands only", session.commands.len());
    let node = Server::lockstep(&[]);
    let port = node.port().to_string();
    let replies: Vec<String> =
        redis_cli(node.port(), &session.commands).iter().map(|line| line.replace(&port, PORT)).collect();
    // A null line ends an error, and "(0.50s)" follows what took so long; the README leaves both out.
    let is_time = |line: &str| line.strip_prefix('(').and_then(|line| line.strip_suffix("s)")).is_some_and(is_decimal);
    let replies: Vec<String> = replies.into_iter().filter(|line| !line.is_empty() && !is_time(line)).collect();
    let got = comparable(&replies);
    let wanted = comparable(&session.replies);
    for (index, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
        assert_eq!(got, wanted, "line {} of the replies; all of them:\n{}", index + 1, replies.join("\n"));
    }
    assert_eq!(got.len(), wanted.len(), "number of lines of the replies:\n{}", replies.join("\n"));
}

/// Words that begin with `--` in fenced blocks that run lockstep, in inline code, and in tables.
fn flags(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_lowercase() || c == '-'))
        .filter(|word| word.starts_with("--") && word.len() > 3)
        .map(str::to_string)
        .collect()
}

/// Flags of other programs that the README names.
const OF_OTHERS: [&str; 2] = ["--release", "--cluster"];

fn help() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lockstep")).arg("--help").output().expect("lockstep runs");
    assert!(output.status.success(), "lockstep --help ended with {}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn every_flag_exists() {
    let known = flags(&help());
    let named = flags(&readme());
    assert!(named.len() >= 10, "the README names {named:?} only");
    for flag in &named {
        assert!(known.contains(flag) || OF_OTHERS.contains(&flag.as_str()), "{flag} is not in --help");
    }
}

/// What it says is tested by files of this repository, which are there.
#[test]
fn every_file_that_it_names_exists() {
    let text = readme();
    let words = text.split(|c: char| c.is_whitespace() || "`()[],;|".contains(c));
    let own = |word: &&str| ["tests/", "compat/", "benches/", "src/"].iter().any(|folder| word.starts_with(folder));
    let named: BTreeSet<&str> = words.filter(own).map(|word| word.trim_end_matches(['.', ':'])).collect();
    assert!(named.len() >= 10, "the README names {named:?} only");
    for path in named {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "there is no {path}");
    }
}

/// Text without its line breaks and indents.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_table_of_options_is_that_of_help() {
    let (text, help) = (readme(), help());
    let mut rows = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| `--")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, default, doc] = cells.as_slice() else { panic!("{row} has not three cells") };
        let default = default.trim_matches('`');
        let in_help = if default.is_empty() { (*doc).to_string() } else { format!("{doc} [{default}]") };
        assert!(one_line(&help).contains(&in_help), "--help does not say of {name}: {in_help}");
        rows.insert(name.trim_matches('`').to_string());
    }
    let mut known = flags(&help);
    // `--option` stands for any of them in the usage.
    known.retain(|flag| !matches!(flag.as_str(), "--help" | "--version" | "--option"));
    assert_eq!(rows, known, "rows of the README's table, and options of --help");
}
