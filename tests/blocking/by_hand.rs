//! Scenes, each played on redis-server and on lockstep: who is answered what by which step.

use std::collections::BTreeMap;

use crate::stage::Stage;
use crate::support::process::Server;
use crate::support::value::Value;

/// `connection: command; command …`; `N` stands for the id of connection N in `UNBLOCK #N`.
type Scene = &'static [&'static str];

const SCENES: &[(&str, Scene)] = &[
    ("first come, first served", &["0: BLPOP k 0", "1: BRPOP k 0", "2: BLPOP k 0", "3: RPUSH k a b", "3: RPUSH k c d"]),
    ("the first key that there is", &["3: RPUSH b x", "3: RPUSH a y", "0: BLPOP a b 0", "0: BLPOP a b 0"]),
    ("whichever key comes", &["0: BLPOP a b 0", "1: BLPOP b a 0", "3: RPUSH b x", "3: RPUSH b y", "3: EXISTS a b"]),
    ("a key that is named twice", &["0: BLPOP a a 0", "1: BLPOP a 0", "3: RPUSH a x y z", "3: LRANGE a 0 -1"]),
    (
        "chain of moves",
        &[
            "0: BLMOVE a b LEFT RIGHT 0",
            "1: BLMOVE b c LEFT RIGHT 0",
            "2: BLPOP c 0",
            "3: RPUSH a x",
            "3: EXISTS a b c",
        ],
    ),
    (
        "a circle of moves ends",
        &["0: BRPOPLPUSH a b 0", "1: BRPOPLPUSH b a 0", "3: RPUSH a x", "3: LRANGE a 0 -1", "3: EXISTS b"],
    ),
    ("move to the same key", &["0: BLMOVE a a LEFT RIGHT 0", "3: RPUSH a x y z", "3: LRANGE a 0 -1"]),
    ("move to a wrong type", &["3: SET s x", "0: BLMOVE a s LEFT LEFT 0", "3: RPUSH a x", "3: LRANGE a 0 -1"]),
    (
        "wrong type at once",
        &["3: SET s x", "0: BLPOP s 0", "0: BLPOP a s 0", "0: BLMPOP 0 1 s LEFT", "0: BRPOPLPUSH s a 0"],
    ),
    (
        "key that becomes another type keeps its waiters",
        &["0: BLPOP k 0", "3: SET k x", "3: DEL k", "3: HSET k f v", "3: DEL k", "3: RPUSH k y"],
    ),
    (
        "transaction counts as one",
        &["0: BLPOP k 0", "3: MULTI; RPUSH k a; RPUSH k b; LPUSH k c; LLEN k; EXEC", "3: LRANGE k 0 -1"],
    ),
    (
        "list that becomes another type in a transaction",
        &["0: BLPOP k 0", "3: MULTI; RPUSH k a; SET k x; EXEC", "3: DEL k", "3: RPUSH k b"],
    ),
    (
        "list that comes and goes in a transaction",
        &["0: BLPOP k 0", "3: MULTI; RPUSH k a; DEL k; EXEC", "3: RPUSH k b"],
    ),
    (
        "order in which keys became ready",
        &[
            "0: BLPOP b 0",
            "1: BLPOP a 0",
            "3: MULTI; RPUSH a 1; RPUSH b 2; EXEC",
            "0: BLMOVE x y LEFT RIGHT 0",
            "1: BLMOVE z y LEFT RIGHT 0",
            "2: BLPOP y 0",
            "3: MULTI; RPUSH z 1; RPUSH x 2; EXEC",
            "3: LRANGE y 0 -1",
        ],
    ),
    (
        "script counts as one",
        &[
            "0: BLPOP k 0",
            "3: EVAL redis.call('rpush',KEYS[1],'a')redis.call('lpush',KEYS[1],'b')return(redis.call('llen',KEYS[1])) 1 k",
            "3: LRANGE k 0 -1",
        ],
    ),
    (
        "nobody waits in a transaction",
        &[
            "3: MULTI; BLPOP k 0; BRPOP k 0; BLMOVE a b LEFT LEFT 0; BRPOPLPUSH a b 0; BLMPOP 0 1 k LEFT; EXEC",
            "3: RPUSH k x",
            "3: MULTI; BLPOP k 0; BLMPOP 0 1 k LEFT; EXEC",
        ],
    ),
    ("scripts", &["3: EVAL return(redis.call('BLMPOP',0,1,KEYS[1],'LEFT')) 1 k"]),
    (
        "many at a time",
        &[
            "0: BLMPOP 0 2 a b LEFT COUNT 3",
            "1: BLMPOP 0 1 b RIGHT",
            "3: RPUSH b 1 2 3 4 5",
            "3: LRANGE b 0 -1",
            "3: RPUSH a 6",
            "3: LRANGE a 0 -1",
        ],
    ),
    ("databases have their own queues", &["0: BLPOP k 0", "3: SELECT 1", "3: RPUSH k x", "3: MOVE k 0"]),
    (
        "exchanged databases",
        &["0: BLPOP k 0", "3: SELECT 1", "3: RPUSH k x", "3: SWAPDB 0 1", "3: RPUSH k y", "3: LRANGE k 0 -1"],
    ),
    ("renamed and copied keys", &["0: BLPOP a 0", "1: BLPOP b 0", "3: RPUSH c x", "3: COPY c a", "3: RENAME c b"]),
    ("flushed databases keep waiters", &["0: BLPOP k 0", "3: FLUSHALL", "3: RPUSH k x"]),
    ("a watched key that a waiter takes", &["3: WATCH k", "0: BLPOP k 0", "1: RPUSH k x", "3: MULTI; PING; EXEC"]),
    (
        "unblocked",
        &[
            "0: BLPOP k 0",
            "1: BLMOVE a b LEFT LEFT 0",
            "2: BRPOP k 0",
            "3: CLIENT UNBLOCK #0 TIMEOUT",
            "3: CLIENT UNBLOCK #1",
            "3: CLIENT UNBLOCK #2 ERROR",
            "3: CLIENT UNBLOCK #2",
            "3: RPUSH k x",
        ],
    ),
    (
        "wrong arguments",
        &[
            "0: BLPOP k",
            "0: BLPOP k x",
            "0: BLPOP k -1",
            "0: BLMOVE a b left up 0",
            "0: BLMOVE a b left left x",
            "0: BRPOPLPUSH a b -3",
            "0: BLMPOP 0 0 k LEFT",
            "0: BLMPOP x 0 k LEFT",
            "0: BLMPOP x 1 k LEFT",
            "0: BLMPOP 0 1 k UP",
            "0: BLMPOP 0 1 k LEFT COUNT 0",
            "0: BLMPOP 0 1 k LEFT COUNT 1 COUNT 1",
            "0: BLMPOP 0 2 k LEFT",
        ],
    ),
    (
        "time over",
        &["0: BLPOP k 0.001", "0: BLMOVE a b LEFT LEFT 0.001", "0: BLMPOP 0.001 1 k LEFT", "0: BRPOPLPUSH a b 0.0001"],
    ),
    (
        "sorted sets",
        &[
            "0: BZPOPMIN a b 0",
            "1: BZPOPMAX b 0",
            "2: BZMPOP 0 2 a b MAX COUNT 2",
            "3: ZADD b 1 x",
            "3: RPUSH a x",
            "3: DEL a",
            "3: ZADD b 1 x 2 y 3 z",
            "3: ZADD a 1 p 2 q",
            "3: ZRANGE a 0 -1 WITHSCORES",
            "3: ZRANGE b 0 -1 WITHSCORES",
            "3: ZADD a 1 p 2 q",
            "0: BZPOPMAX a b 0",
            "0: BZMPOP 0 2 b a MIN COUNT 9",
        ],
    ),
    (
        "sorted sets that other commands make",
        &[
            "0: BZPOPMIN k 0",
            "3: ZINCRBY k 2 m",
            "0: BZPOPMIN k 0",
            "3: ZADD o 1 a 2 b",
            "3: ZUNIONSTORE k 1 o",
            "1: BZPOPMAX l 0",
            "3: ZRANGESTORE l o 0 -1",
            "2: BZMPOP 0 1 r MIN",
            "3: RENAME l r",
            "3: COPY o k REPLACE",
            "1: BZPOPMIN t 0",
            "3: MULTI; ZADD t 1 x; DEL t; EXEC",
            "3: MULTI; ZADD t 5 x; ZADD t 1 y; EXEC",
        ],
    ),
    (
        "sorted sets in transactions and scripts",
        &[
            "3: MULTI; BZPOPMIN k 0; BZPOPMAX k 0; BZMPOP 0 1 k MIN; EXEC",
            "3: EVAL return(redis.call('BZMPOP',0,1,KEYS[1],'MIN')) 1 k",
            "3: SET s x",
            "3: BZPOPMIN s 0",
            "3: BZMPOP 0 2 k s MIN",
            "3: BZPOPMIN k x",
            "3: BZPOPMAX k -1",
            "3: BZMPOP 0 1 k MIN COUNT 0",
            "3: BZMPOP -1 1 k MIN",
            "0: BZPOPMIN k 0.001",
            "0: BZMPOP 0.001 1 k MAX",
        ],
    ),
    (
        "sorted sets in RESP3",
        &[
            "0: HELLO 3",
            "0: BZPOPMIN k 0.001",
            "0: BZMPOP 0.001 1 k MIN",
            "0: BZPOPMIN k 0",
            "3: ZADD k 1.5 x",
            "0: BZMPOP 0 1 k MIN COUNT 2",
            "3: ZADD k 1.5 x 2 y inf z",
        ],
    ),
    (
        "streams",
        &[
            "3: XADD s 1-0 a 1",
            "0: XREAD BLOCK 0 STREAMS s $",
            "1: XREAD COUNT 1 BLOCK 0 STREAMS t s 0 1-0",
            "2: XREAD BLOCK 0 STREAMS s 3-0",
            "3: MULTI; XADD s 2-0 b 2; XADD s 3-0 c 3; EXEC",
            "3: XADD s 4-0 d 4",
            "0: XREAD BLOCK 0 STREAMS s 2-0",
            "0: XREAD BLOCK 0 STREAMS s $",
            "3: DEL s",
            "3: SET s x",
            "3: DEL s",
            "3: XADD s 1-0 a 1",
            "3: XADD s 5-0 a 1",
        ],
    ),
    (
        "streams that come by other commands",
        &[
            "0: XREAD BLOCK 0 STREAMS s 0",
            "3: XGROUP CREATE s g $ MKSTREAM",
            "3: XADD t 1-0 a 1",
            "3: RENAME t s",
            "0: XREAD BLOCK 0 STREAMS u 0",
            "3: COPY s u",
            "0: XREAD BLOCK 0 STREAMS v 0",
            "3: EVAL redis.call('xadd',KEYS[1],'1-0','a','1')return(redis.call('xadd',KEYS[1],'2-0','b','2')) 1 v",
        ],
    ),
    (
        "consumers of a group",
        &[
            "3: XGROUP CREATE s g $ MKSTREAM",
            "0: XREADGROUP GROUP g a BLOCK 0 STREAMS s >",
            "1: XREADGROUP GROUP g b COUNT 1 BLOCK 0 STREAMS s >",
            "2: XREADGROUP GROUP g c NOACK BLOCK 0 STREAMS s >",
            "3: XADD s 1-0 a 1",
            "3: MULTI; XADD s 2-0 b 2; XADD s 3-0 c 3; EXEC",
            "3: XPENDING s g",
            "0: XREADGROUP GROUP g a BLOCK 0 STREAMS s 0",
            "3: XADD s 4-0 a 1",
            "0: XREADGROUP GROUP g a BLOCK 0 STREAMS s >",
        ],
    ),
    (
        "streams in transactions",
        &[
            "3: XGROUP CREATE s g $ MKSTREAM",
            "3: MULTI; XREAD BLOCK 0 STREAMS s $; XREADGROUP GROUP g a BLOCK 0 STREAMS s >; EXEC",
            "3: XREAD BLOCK x STREAMS s $",
            "3: XREAD BLOCK -1 STREAMS s $",
            "3: XREADGROUP GROUP g a BLOCK 1.5 STREAMS s >",
            "3: XREADGROUP GROUP nosuch a BLOCK 0 STREAMS s >",
        ],
    ),
    (
        "unblocked readers of streams",
        &[
            "3: XGROUP CREATE s g $ MKSTREAM",
            "0: XREAD BLOCK 0 STREAMS s $",
            "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >",
            "3: CLIENT UNBLOCK #0",
            "3: CLIENT UNBLOCK #1 ERROR",
            "3: XADD s 1-0 a 1",
        ],
    ),
    (
        "streams in RESP3",
        &[
            "0: HELLO 3",
            "3: XGROUP CREATE s g $ MKSTREAM",
            "0: XREAD BLOCK 0 STREAMS s $",
            "3: XADD s 1-0 a 1",
            "0: XREADGROUP GROUP g a BLOCK 0 STREAMS s >",
            "0: XREADGROUP GROUP g a BLOCK 0 STREAMS s >",
            "3: XADD s 2-0 a 1",
        ],
    ),
    (
        "RESP3",
        &[
            "0: HELLO 3",
            "0: BLPOP k 0.001",
            "0: BLMPOP 0.001 1 k LEFT",
            "0: BLMPOP 0 1 k LEFT",
            "3: RPUSH k x",
            "3: SET k x",
        ],
    ),
];

pub fn commands(stage: &Stage, line: &str) -> (usize, Vec<Vec<String>>) {
    let (actor, line) = line.split_once(": ").unwrap();
    let word = |word: &str| match word.strip_prefix('#') {
        Some(actor) => stage.id(actor.parse().unwrap()),
        None => word.to_owned(),
    };
    (actor.parse().unwrap(), line.split("; ").map(|command| command.split(' ').map(word).collect()).collect())
}

fn play(server: &Server, scene: Scene) -> Vec<BTreeMap<usize, Vec<Value>>> {
    let mut stage = Stage::new(server, 4);
    let mut acts = Vec::new();
    for line in scene {
        let (actor, commands) = commands(&stage, line);
        let mut replies = stage.act(actor, &commands);
        let waits = line.contains("0.00") && stage.waits(actor);
        if waits {
            let reply = stage.await_reply(actor);
            replies.insert(actor, vec![reply]);
        }
        if line.contains("HELLO") {
            replies.clear();
        }
        acts.push(replies);
    }
    acts
}

#[test]
fn waiting_clients_are_served_as_by_redis() {
    let (redis, ours) = (Server::redis(&[]), Server::lockstep(&[]));
    for (name, scene) in SCENES {
        let (theirs, ours) = (play(&redis, scene), play(&ours, scene));
        for ((line, theirs), ours) in scene.iter().zip(theirs).zip(ours) {
            assert_eq!(ours, theirs, "{name}: {line}");
        }
    }
}

/// As in Redis 7.2, which runs the command once more: it takes from the first of its keys that there is, and meets what stands before.
#[test]
fn a_served_command_looks_at_its_keys_in_their_order() {
    let server = Server::lockstep(&[]);
    let mut stage = Stage::new(&server, 3);
    let mut act = |line: &str| {
        let (actor, commands) = commands(&stage, line);
        stage.act(actor, &commands)
    };
    act("0: BLPOP a b 0");
    let served = act("2: MULTI; RPUSH b 1; RPUSH a 2; EXEC");
    let popped = |key: &str, element: &str| Value::Array(vec![Value::Bulk(key.into()), Value::Bulk(element.into())]);
    assert_eq!(served[&0], [popped("a", "2")]);
    assert_eq!(act("0: BLPOP a b 0")[&0], [popped("b", "1")]);
    act("0: BLPOP x y 0");
    assert!(!act("2: SET x string").contains_key(&0), "another type does not end a wait");
    assert!(act("2: RPUSH y 1")[&0][0].is_error());
}

/// As in Redis 7.2, which runs the command once more: the end of a wait for a group is the command's error. (7.0 has other texts.)
#[test]
fn the_end_of_a_group_or_its_key_ends_the_waits_of_its_consumers() {
    let server = Server::lockstep(&[]);
    for (line, error) in [
        ("1: DEL s", "NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"),
        ("1: XGROUP DESTROY s g", "NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"),
        ("1: FLUSHALL", "NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"),
        ("1: MULTI; DEL s; RPUSH s x; EXEC", "WRONGTYPE Operation against a key holding the wrong kind of value"),
    ] {
        let mut stage = Stage::new(&server, 2);
        let mut act = |line: &str| {
            let (actor, commands) = commands(&stage, line);
            stage.act(actor, &commands)
        };
        act("1: XGROUP CREATE s g $ MKSTREAM");
        assert!(act("0: XREADGROUP GROUP g a BLOCK 0 STREAMS s >").is_empty());
        assert_eq!(act(line)[&0], [Value::Error(error.into())], "{line}");
    }
}
