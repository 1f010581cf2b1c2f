//! Options: a file, a flag or CONFIG SET, whatever it says, is taken or refused with a reason; what was taken is shown in a form that is taken
//! again, and CONFIG REWRITE leaves a file that says the same.

use std::ffi::OsString;

use lockstep::config::{Opt, ReplicatedOptions, Settings, load, options, rewrite};
use lockstep::node::NodeIdentity;

use crate::support::rng::Rng;
use crate::support::tempdir::TempDir;
use crate::{Target, fuzz, fuzz_slowly};

/// Values that some options take.
const VALUES: &[&str] = &[
    "0",
    "1",
    "7",
    "yes",
    "no",
    "64mb",
    "1gb",
    "2k",
    "notice",
    "debug",
    "text",
    "json",
    "local",
    "master",
    "own",
    "all",
    "127.0.0.1",
    "host:7101",
    "allkeys-lru",
    "KEA",
    "",
    "peer=debug",
    "normal 0 0 0",
    "99 99.9",
    "-1",
    "linearizable",
];

fn some_option(rng: &mut Rng) -> &'static Opt {
    let all: Vec<&'static Opt> = options().filter(|opt| opt.is_in_file()).collect();
    all[rng.below(all.len())]
}

fn shown(settings: &Settings) -> Vec<(&'static str, String)> {
    let none = ReplicatedOptions::default();
    options().filter(|opt| !opt.is_replicated()).map(|opt| (opt.name, opt.get(settings, &none))).collect()
}

/// A file of options, some with values that they do not take.
fn valid_file(rng: &mut Rng) -> Vec<u8> {
    let mut text = String::from("# options\n");
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..rng.below(5) {
        let opt = some_option(rng);
        let value = rng.pick(VALUES);
        if names.insert(opt.name) && opt.kind.parse(value).is_ok() {
            match rng.below(3) {
                0 if value.parse::<u32>().is_ok() => text += &format!("{} = {value}\n", opt.name),
                1 => text += &format!("\"{}\" = '{value}' # as text\n", opt.name),
                _ => text += &format!("{} = \"{value}\"\n", opt.name),
            }
        }
    }
    text.into_bytes()
}

fn load_file(path: &std::path::Path) -> Result<(Settings, Vec<(String, u64)>), String> {
    let flag = |name: &str| (name == "config").then(|| OsString::from(path));
    load(flag, |_| None).map(|loaded| (loaded.settings, loaded.replicated))
}

fn read_file(input: &[u8], rng: &mut Rng) -> bool {
    thread_local!(static DIR: TempDir = TempDir::new("options"));
    DIR.with(|dir| {
        let path = dir.path().join("lockstep.toml");
        std::fs::write(&path, input).unwrap();
        let (mut settings, replicated) = match load_file(&path) {
            Ok(loaded) => loaded,
            Err(why) => {
                assert!(why.contains("lockstep.toml"), "which file is not said: {why}");
                return false;
            }
        };
        // CONFIG SET of some, then CONFIG REWRITE.
        for _ in 0..rng.below(4) {
            let opt = some_option(rng);
            if opt.is_settable()
                && !opt.is_replicated()
                && !opt.is_password()
                && let value = *rng.pick(VALUES)
                && let Ok(value) = opt.kind.parse(value)
            {
                opt.set(&mut settings, value);
            }
        }
        match rewrite(&path, &settings) {
            Ok(()) => {
                let again = load_file(&path).expect("a file that CONFIG REWRITE has left");
                assert_eq!((shown(&again.0), again.1), (shown(&settings), replicated));
            }
            // Then it is as it was.
            Err(_) => assert_eq!(std::fs::read(&path).unwrap(), input),
        }
        true
    })
}

#[test]
fn mutated_files_of_options_never_panic() {
    fuzz_slowly(&Target { name: "file of options", valid: valid_file, read: read_file });
}

/// An option's name and a value, as CONFIG SET takes them.
fn valid_value(rng: &mut Rng) -> Vec<u8> {
    loop {
        let (opt, value) = (some_option(rng), rng.pick(VALUES));
        if opt.kind.parse(value).is_ok() {
            return format!("{} {value}", opt.name).into_bytes();
        }
    }
}

fn read_value(input: &[u8], _: &mut Rng) -> bool {
    let text = String::from_utf8_lossy(input);
    let (name, value) = text.split_once(' ').unwrap_or((&text, ""));
    let Some(opt) = lockstep::config::find(name) else { return false };
    let parsed = match opt.kind.parse(value) {
        Ok(parsed) => parsed,
        Err(why) => {
            assert!(!why.is_empty());
            return false;
        }
    };
    let shown = opt.kind.show(&parsed);
    assert_eq!(opt.kind.parse(&shown).map(|again| opt.kind.show(&again)), Ok(shown.clone()), "{input:?}");
    let mut settings = Settings::default();
    opt.set(&mut settings, parsed);
    let kept = opt.get(&settings, &ReplicatedOptions::default());
    // What it has is taken again.
    if !opt.is_replicated() && !opt.is_password() && opt.is_given() {
        assert!(kept.is_empty() || opt.kind.parse(&kept).is_ok(), "{name} is {kept:?}");
    }
    true
}

#[test]
fn mutated_values_of_options_never_panic() {
    fuzz(&Target { name: "value of an option", valid: valid_value, read: read_value });
}

fn valid_identity(rng: &mut Rng) -> Vec<u8> {
    let peers: Vec<String> = (0..rng.below(4)).map(|_| format!("{}=host:{}", rng.next(), rng.below(65536))).collect();
    let body = format!(
        "lockstep identity 1\ncluster {:032x}\nnode {}\nnonce {}\nfounder {}\npeers {}\n{}{}",
        rng.next(),
        rng.next(),
        rng.next(),
        rng.percent(50),
        peers.join(" "),
        if rng.percent(50) { "log begun\n" } else { "" },
        if rng.percent(50) { format!("made of {:032x} {}\n", rng.next(), rng.percent(50)) } else { String::new() },
    );
    sealed(&body).into_bytes()
}

fn sealed(body: &str) -> String {
    format!("{body}crc {:08x}\n", crc32c::crc32c(body.as_bytes()))
}

fn read_identity(input: &[u8], _: &mut Rng) -> bool {
    let text = String::from_utf8_lossy(input);
    let body = text.rsplit_once("crc ").map_or(&*text, |(body, _)| body);
    let is_read = NodeIdentity::from_text(&text).is_some();
    // Behind a right checksum it may say what it likes.
    NodeIdentity::from_text(&sealed(body)).is_some() || is_read
}

#[test]
fn mutated_identities_never_panic() {
    fuzz(&Target { name: "identity", valid: valid_identity, read: read_identity });
}
