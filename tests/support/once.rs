//! What clients of ONCE ask, whose requests follow each other: each reply says how often those before it have taken effect.

use super::holds::{granted, validity_ms};
use super::value::Value;

/// A lock whose end nobody lives to see.
const TTL_MS: u64 = 3_600_000;
const INCREMENT: &str = "return redis.call('INCR', KEYS[1])";
/// Keys that count a client's rounds, and how they are read.
const COUNTS: [(&str, &str); 3] = [("GET", "counter"), ("LLEN", "list"), ("GET", "script")];

fn key(kind: &str, client: usize) -> String {
    format!("once:{kind}{client}")
}

/// A client's commands in a round (1, 2, 3 …), each with its reply. None: a new hold, see [`new_token`].
pub fn commands(client: usize, round: i64) -> [(Vec<String>, Option<Value>); 6] {
    let (number, ttl) = (round.to_string(), TTL_MS.to_string());
    let [counter, list, script] = COUNTS.map(|(_, kind)| key(kind, client));
    let [string, native] = ["string", "native"].map(|kind| format!("{}:{number}", key(kind, client)));
    let round = Some(Value::Int(round));
    let commands = [
        (vec!["INCR", &counter], round.clone()),
        (vec!["LPUSH", &list, &number], round.clone()),
        (vec!["SET", &string, "me", "NX"], Some(Value::Simple("OK".into()))),
        (vec!["EVAL", INCREMENT, "1", &script], round),
        (vec!["LOCK.ACQUIRE", &native, "me", "PX", &ttl], None),
        // One that ran again after this would hold it anew, with another token.
        (vec!["LOCK.RELEASE", &native, "me"], Some(Value::Int(1))),
    ];
    commands.map(|(words, reply)| (words.into_iter().map(str::to_owned).collect(), reply))
}

/// The token of a new hold, which is higher than the client's one before.
pub fn new_token(reply: &Value, before: i64) -> i64 {
    let (token, validity) = granted(reply).unwrap_or_else(|| panic!("no hold: {reply:?}"));
    assert_eq!(validity, validity_ms(TTL_MS));
    assert!(token > before, "token {token} after {before}");
    token
}

/// Reads of keys that all say how many rounds a client has done.
pub fn counts(client: usize) -> [[String; 2]; 3] {
    COUNTS.map(|(command, kind)| [command.to_owned(), key(kind, client)])
}

/// True if this is what such a read gives after so many rounds.
pub fn is_count(reply: &Value, rounds: i64) -> bool {
    *reply == Value::Int(rounds) || *reply == Value::Bulk(rounds.to_string().into())
}
