//! The differential test: random commands against redis-server and lockstep, compared byte for byte.
//!
//! Commands are data (`grammar/`), allowed differences are data (`differences.txt`), bounds are in `support::bounds`. The harness
//! is tested too: two redis-servers have to agree, and a server that lies has to be found out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod atoms;
mod differences;
mod episode;
mod functions;
mod grammar;
mod payloads;
mod run;
mod scripts;
mod shrink;
#[path = "../support/mod.rs"]
mod support;
mod target;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use differences::Differences;
use episode::{Item, Maker};
use grammar::Grammar;
use run::{Counts, Pair};
use support::bounds;
use support::process::Server;
use support::rng::Rng;
use support::value::Value;
use target::Target;

/// What a run has seen.
#[derive(Default)]
struct Report {
    commands: u64,
    counts: Counts,
    reached: Vec<u64>,
    /// Shrunk failures by the command's name.
    failures: BTreeMap<String, String>,
}

fn run(pair: &mut Pair, grammar: &Grammar, seed: u64, commands: u64) -> Report {
    let mut rng = Rng::new(seed);
    let mut report = Report { reached: vec![0; grammar.points().len()], ..Report::default() };
    while report.commands < commands && report.failures.len() < bounds::DIFFERENCES_SHOWN {
        let items = Maker::episode(grammar, &mut rng.fork());
        report.commands += items.len() as u64;
        items.iter().flat_map(|item| &item.points).for_each(|point| report.reached[*point] += 1);
        if let Some(failure) = pair.run(&items, &mut report.counts) {
            let name = failure.name.clone();
            if let Entry::Vacant(place) = report.failures.entry(name) {
                let shrunk = shrink::shrink(pair, &items, failure).to_string();
                println!("{shrunk}");
                place.insert(shrunk);
            }
        }
    }
    report
}

#[test]
fn lockstep_answers_as_redis_does() {
    let seed = bounds::seed("differential");
    let grammar = Grammar::load();
    let (redis, ours) = (Server::redis(&[]), Server::lockstep(&["--enable-debug-command", "yes"]));
    let (redis, ours) = (Target::new(redis.addr(), false), Target::new(ours.addr(), true));
    let mut pair = Pair { redis, ours, differences: Differences::load() };
    let commands = bounds::scaled(bounds::DIFFERENTIAL_COMMANDS);
    let report = run(&mut pair, &grammar, seed, commands);
    println!(
        "{} commands, {} of {} replies are no errors",
        report.commands, report.counts.successes, report.counts.replies
    );
    assert!(
        report.failures.is_empty(),
        "seed {seed}: {} commands answer otherwise than Redis's:\n{}",
        report.failures.len(),
        report.failures.values().cloned().collect::<Vec<_>>().join("\n")
    );
    if !grammar.is_whole() {
        println!("LOCKSTEP_ONLY is set: coverage and unused differences are not checked");
        return;
    }
    check_report(&grammar, &report);
    assert!(
        pair.differences.unused().is_empty(),
        "differences.txt: nothing needs\n{}",
        pair.differences.unused().join("\n")
    );
}

/// Enough of everything was sent, and most of it did something.
fn check_report(grammar: &Grammar, report: &Report) {
    let rare: Vec<String> = grammar
        .points()
        .iter()
        .zip(&report.reached)
        .filter(|(_, count)| **count < bounds::COVERAGE_MIN)
        .map(|(name, count)| format!("{name}: {count}"))
        .collect();
    assert!(rare.is_empty(), "sent less often than {}: {rare:#?}", bounds::COVERAGE_MIN);
    let percent = report.counts.successes * 100 / report.counts.replies;
    assert!(percent >= bounds::SUCCESS_PERCENT_MIN, "only {percent} % of the replies are no errors");
}

#[test]
fn two_redis_servers_agree() {
    let seed = bounds::seed("self-check");
    let grammar = Grammar::load();
    let servers = (Server::redis(&[]), Server::redis(&[]));
    let (redis, ours) = (Target::new(servers.0.addr(), false), Target::new(servers.1.addr(), true));
    let mut pair = Pair { redis, ours, differences: Differences::load() };
    let report = run(&mut pair, &grammar, seed, bounds::scaled(bounds::SELF_CHECK_COMMANDS));
    assert!(
        report.failures.is_empty(),
        "the harness finds differences where there are none: {:?}",
        report.failures.keys()
    );
    if grammar.is_whole() && report.commands >= bounds::DIFFERENTIAL_COMMANDS {
        check_report(&grammar, &report);
    }
}

#[test]
fn a_lie_is_found_and_shrunk() {
    let lie = |item: &Item, value: Value| match value {
        Value::Int(len) if item.is("STRLEN") && len > 0 => Value::Int(len + 1),
        value => value,
    };
    let grammar = Grammar::load();
    let servers = (Server::redis(&[]), Server::redis(&[]));
    let (redis, ours) = (Target::new(servers.0.addr(), false), Target::sabotaged(servers.1.addr(), lie));
    let mut pair = Pair { redis, ours, differences: Differences::load() };
    let report = run(&mut pair, &grammar, 7, 2_000);
    let shrunk = report.failures.get("STRLEN").expect("found");
    let commands: Vec<&str> = shrunk.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(
        commands.len() <= 3 && commands.last().is_some_and(|line| line.to_uppercase().starts_with("STRLEN")),
        "{commands:#?}"
    );
    assert_eq!(report.failures.len(), 1, "nothing else is a lie: {:?}", report.failures.keys());
}
