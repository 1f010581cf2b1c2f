//! Scenes, each played on redis-server and on lockstep: who is sent what by which step.

use std::collections::BTreeMap;

use crate::stage::Stage;
use crate::support::process::Server;
use crate::support::value::Value;

/// `connection: command; command …`
pub type Scene = &'static [&'static str];

const SCENES: &[(&str, Scene)] = &[
    (
        "messages",
        &[
            "0: SUBSCRIBE a b",
            "1: PSUBSCRIBE a* ?",
            "2: PUBLISH a one",
            "2: PUBLISH ab two",
            "2: PUBLISH none three",
            "0: UNSUBSCRIBE a",
            "2: PUBLISH a four",
            "1: PUNSUBSCRIBE ?",
            "2: PUBLISH a five",
            "1: PUNSUBSCRIBE a*",
            "2: PUBLISH a six",
            "2: PUBLISH b seven",
        ],
    ),
    (
        "shard channels are others",
        &[
            "0: SSUBSCRIBE a s",
            "1: SUBSCRIBE a",
            "2: SPUBLISH a one",
            "2: PUBLISH a two",
            "2: PUBSUB SHARDNUMSUB a s x",
            "2: PUBSUB NUMSUB a s x",
            "0: SUNSUBSCRIBE a s",
            "2: PUBSUB SHARDCHANNELS",
            "2: SPUBLISH a three",
            "0: GET k",
        ],
    ),
    (
        "counts",
        &[
            "0: SUBSCRIBE a",
            "0: SUBSCRIBE a a",
            "0: PSUBSCRIBE a",
            "0: SSUBSCRIBE s t",
            "0: UNSUBSCRIBE x",
            "0: UNSUBSCRIBE a a",
            "0: UNSUBSCRIBE",
            "0: SUNSUBSCRIBE s",
            "0: PUNSUBSCRIBE",
            "0: PUNSUBSCRIBE",
            "0: SUNSUBSCRIBE",
            "0: SUNSUBSCRIBE",
            "0: SET k v",
        ],
    ),
    (
        "what is allowed while subscribed",
        &[
            "0: SUBSCRIBE a",
            "0: GET k",
            "0: PING",
            "0: PING x",
            "0: PING x y",
            "0: CLIENT LIST",
            "0: PUBLISH a x",
            "0: HELLO 3",
            "0: MULTI",
            "0: NOSUCH",
            "0: GET",
            "0: SUBSCRIBE",
            "0: PUBSUB NUMPAT",
            "0: RESET",
            "0: PING",
            "0: SUBSCRIBE b",
            "1: PUBLISH a x",
            "1: PUBLISH b y",
            "0: QUIT",
        ],
    ),
    (
        "RESP3",
        &[
            "0: HELLO 3",
            "0: SUBSCRIBE a",
            "0: PSUBSCRIBE a*",
            "0: SSUBSCRIBE s",
            "1: PUBLISH a x",
            "1: SPUBLISH s y",
            "0: GET k",
            "0: PING",
            "0: PUBSUB NUMSUB a",
            "0: UNSUBSCRIBE",
            "0: UNSUBSCRIBE",
            "0: PUNSUBSCRIBE a*",
            "0: SUNSUBSCRIBE s",
            "1: PUBLISH a z",
        ],
    ),
    (
        "change of the protocol",
        &[
            "0: HELLO 3",
            "0: SUBSCRIBE a",
            "0: HELLO 2",
            "1: PUBLISH a x",
            "0: GET k",
            "0: UNSUBSCRIBE a",
            "0: GET k",
            "0: HELLO 3",
        ],
    ),
    (
        "pipelines",
        &[
            "1: PUBLISH a early; SET k v; PUBLISH a late",
            "0: SUBSCRIBE a; PING; UNSUBSCRIBE a; GET k; SUBSCRIBE b; GET k",
            "1: PUBLISH b 1; PUBLISH b 2; GET k; PUBLISH b 3",
            "0: UNSUBSCRIBE; SUBSCRIBE c d; UNSUBSCRIBE d; PING",
        ],
    ),
    (
        "transactions and scripts",
        &[
            "0: SUBSCRIBE a",
            "1: MULTI; PUBLISH a one; SET k v; PUBLISH a two; EXEC",
            "1: EVAL return(redis.call('publish','a',KEYS[1])+redis.call('spublish','a','x')) 1 three",
            "1: EVAL redis.call('publish','a','four')return(redis.call('pubsub','numsub','a')) 0",
            "1: EVAL return(redis.pcall('subscribe','a').err) 0",
            "1: EVAL_RO return(redis.pcall('publish','a','x').err) 0",
            "1: MULTI; PUBLISH a five; DISCARD",
            "1: WATCH k; SET k w; MULTI; PUBLISH a six; EXEC",
            "2: MULTI; SUBSCRIBE b; PUBLISH a seven; EXEC",
            "1: PUBLISH b y",
            "2: GET k",
            "2: UNSUBSCRIBE b",
            "2: GET k",
        ],
    ),
    (
        "wrong arguments",
        &[
            "0: PUBLISH a",
            "0: PUBLISH a b c",
            "0: SPUBLISH a",
            "0: PSUBSCRIBE",
            "0: SSUBSCRIBE",
            "0: PUBSUB",
            "0: PUBSUB NOSUCH",
            "0: PUBSUB CHANNELS a b",
            "0: PUBSUB SHARDCHANNELS a b",
            "0: PUBSUB NUMPAT x",
            "0: PUBSUB NUMSUB",
            "0: PUBSUB SHARDNUMSUB",
            "0: UNSUBSCRIBE",
            "0: PUNSUBSCRIBE x",
            "0: SUNSUBSCRIBE",
            "0: RESET",
        ],
    ),
    (
        "patterns",
        &[
            "0: PSUBSCRIBE h[ae]llo h?llo x\\*y",
            "1: PUBLISH hello 1",
            "1: PUBLISH hillo 2",
            "1: PUBLISH x*y 3",
            "1: PUBLISH xzy 4",
            "1: PUBSUB NUMPAT",
            "2: PSUBSCRIBE h?llo",
            "1: PUBSUB NUMPAT",
            "1: PUBLISH hxllo 5",
        ],
    ),
    (
        "departures",
        &[
            "0: SUBSCRIBE a",
            "1: SUBSCRIBE a",
            "2: PUBSUB NUMSUB a",
            "0: RESET",
            "2: PUBSUB NUMSUB a",
            "2: CLIENT KILL TYPE pubsub",
            "2: CLIENT KILL TYPE pubsub",
        ],
    ),
];

fn commands(line: &str) -> (usize, Vec<Vec<&str>>) {
    let (actor, line) = line.split_once(": ").unwrap();
    (actor.parse().unwrap(), line.split("; ").map(|command| command.split(' ').collect()).collect())
}

/// HELLO's reply, and where one is given several patterns' messages, their order, are each server's own.
fn comparable(line: &str, got: BTreeMap<usize, Vec<Value>>) -> Vec<(usize, Vec<String>)> {
    if line.contains("HELLO") {
        return got.into_iter().map(|(reader, values)| (reader, vec![values.len().to_string()])).collect();
    }
    let shown = |values: Vec<Value>| {
        let mut shown: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        if line.contains("PUBLISH") {
            shown.sort();
        }
        shown
    };
    got.into_iter().map(|(reader, values)| (reader, shown(values))).collect()
}

fn play(server: &Server, scene: Scene) -> Vec<Vec<(usize, Vec<String>)>> {
    let mut stage = Stage::new(server, 3);
    let act = |line: &&str| {
        let (actor, commands) = commands(line);
        comparable(line, stage.act(actor, &commands))
    };
    scene.iter().map(act).collect()
}

#[test]
fn subscribers_are_sent_the_same_as_by_redis() {
    compare(SCENES);
}

/// Plays scenes on both.
pub fn compare(scenes: &[(&str, Scene)]) {
    let (redis, ours) = (Server::redis(&[]), Server::lockstep(&[]));
    let mut wrong = Vec::new();
    for (name, scene) in scenes {
        let (theirs, ours) = (play(&redis, scene), play(&ours, scene));
        for ((line, theirs), ours) in scene.iter().zip(theirs).zip(ours) {
            if ours != theirs {
                wrong.push(format!("{name}: {line}\n  redis    {theirs:?}\n  lockstep {ours:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As in Redis 7.2: the message that a connection publishes to itself comes behind the reply, and confirmations and messages come whatever
/// CLIENT REPLY says.
#[test]
fn own_message_follows_the_reply_and_is_shown_though_replies_are_off() {
    let server = Server::lockstep(&[]);
    let mut stage = Stage::new(&server, 1);
    stage.act(0, &[vec!["HELLO", "3"]]);
    let push = |words: &[&str]| Value::Push(words.iter().map(|word| Value::Bulk(word.as_bytes().to_vec())).collect());
    let got = stage.act(0, &[vec!["SUBSCRIBE", "a"], vec!["PUBLISH", "a", "x"], vec!["SET", "k", "v"]]);
    let ok = Value::Simple(b"OK".to_vec());
    assert_eq!(got[&0][1..], [Value::Int(1), push(&["message", "a", "x"]), ok.clone()]);
    let got = stage.act(0, &[vec!["MULTI"], vec!["PUBLISH", "a", "y"], vec!["UNSUBSCRIBE", "a"], vec!["EXEC"]]);
    assert_eq!(got[&0].len(), 5, "{got:?}");
    assert_eq!(got[&0][4], push(&["message", "a", "y"]));
    let off = [vec!["CLIENT", "REPLY", "OFF"], vec!["SUBSCRIBE", "b"], vec!["PUBLISH", "b", "z"], vec!["GET", "k"]];
    let got = stage.act(0, &[off.to_vec(), vec![vec!["CLIENT", "REPLY", "ON"]]].concat());
    assert_eq!(got[&0][1..], [push(&["message", "b", "z"]), ok]);
}
