//! Random commands of several connections, of which some wait, on redis-server and on lockstep.
//!
//! Redis 7.0 serves a waiter from the key that has become ready, 7.2 and lockstep from the first of its keys that there is: so nothing here
//! makes two keys of one waiter ready at once, or gives one of them another type.

use crate::by_hand::commands;
use crate::stage::Stage;
use crate::support::bounds;
use crate::support::process::Server;
use crate::support::rng::Rng;

const ACTORS: usize = 6;
const KEYS: [&str; 4] = ["a", "b", "c", "d"];

fn waiting(rng: &mut Rng, one_key: bool) -> String {
    let end = |rng: &mut Rng| if rng.percent(50) { "LEFT" } else { "RIGHT" };
    let (first, second) = (*rng.pick(&KEYS), *rng.pick(&KEYS));
    let keys = if one_key || rng.percent(50) { vec![first] } else { vec![first, second] };
    match rng.below(5) {
        0 => format!("BLPOP {} 0", keys.join(" ")),
        1 => format!("BRPOP {} 0", keys.join(" ")),
        2 => format!("BLMOVE {first} {second} {} {} 0", end(rng), end(rng)),
        3 => format!("BRPOPLPUSH {first} {second} 0"),
        _ => format!("BLMPOP 0 {} {} {} COUNT {}", keys.len(), keys.join(" "), end(rng), 1 + rng.below(3)),
    }
}

fn acting(rng: &mut Rng, one_key: bool, next: &mut usize) -> String {
    let (first, second) = (*rng.pick(&KEYS), *rng.pick(&KEYS));
    let mut push = |rng: &mut Rng, key: &str| {
        let side = if rng.percent(50) { "LPUSH" } else { "RPUSH" };
        let elements: Vec<String> = (0..1 + rng.below(3)).map(|index| (*next + index).to_string()).collect();
        *next += 3;
        format!("{side} {key} {}", elements.join(" "))
    };
    match rng.below(if one_key { 10 } else { 6 }) {
        0..4 => push(rng, first),
        4 => format!("LMOVE {first} {second} LEFT RIGHT"),
        5 => format!("DEL {first}"),
        6 => format!("SET {first} x"),
        7 => format!("RENAME {first} {second}"),
        8 => format!("MULTI; {}; {}; LPOP {first}; EXEC", push(rng, first), push(rng, second)),
        _ => format!("MULTI; DEL {first}; {}; COPY {first} {second} REPLACE; BLPOP {first} 0; EXEC", push(rng, first)),
    }
}

#[test]
fn random_waits_end_as_by_redis() {
    let (redis, ours) = (Server::redis(&[]), Server::lockstep(&[]));
    let mut rng = Rng::new(bounds::seed("blocking"));
    let mut served = 0;
    for episode in 0..bounds::scaled(20) {
        let one_key = episode % 2 == 0;
        let mut stages = [Stage::new(&redis, ACTORS), Stage::new(&ours, ACTORS)];
        let mut story = Vec::new();
        let mut next = 0;
        for _ in 0..40 {
            let idle: Vec<usize> = (0..ACTORS).filter(|actor| !stages[0].waits(*actor)).collect();
            let actor = *rng.pick(&idle);
            let line = if idle.len() > 1 && rng.percent(50) {
                waiting(&mut rng, one_key)
            } else if idle.len() < ACTORS && rng.percent(10) {
                let other = (0..ACTORS).find(|actor| !idle.contains(actor)).unwrap();
                format!("CLIENT UNBLOCK #{other} {}", if rng.percent(50) { "TIMEOUT" } else { "ERROR" })
            } else {
                acting(&mut rng, one_key, &mut next)
            };
            let line = format!("{actor}: {line}");
            story.push(line.clone());
            let [theirs, ours] = stages.each_mut().map(|stage| {
                let (actor, commands) = commands(stage, &line);
                stage.act(actor, &commands)
            });
            served += ours.keys().filter(|answered| **answered != actor).count();
            assert_eq!(ours, theirs, "{}", story.join("\n"));
        }
        for key in KEYS {
            let [theirs, ours] = stages.each_mut().map(|stage| stage.control(&format!("LRANGE {key} 0 -1")));
            assert_eq!(ours, theirs, "{key} after\n{}", story.join("\n"));
        }
    }
    assert!(served > 50, "hardly anybody was served: {served}");
}
