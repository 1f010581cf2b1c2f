//! What is wrong with a command's arguments alone is answered where the command arrived: with the text of redis-server, at the
//! place where redis-server finds it, and without a log entry.

use std::collections::BTreeSet;

use lockstep::command::{Flags, Run, Spec, named, runnable};
use lockstep::protocol::Args;
use lockstep::protocol::parse::split_inline;

use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

/// Refused by the gate, as redis-server refuses it before it looks at a key. `k` is absent, a string and a hash in turn.
const BY_THE_GATE: &[&str] = &[
    "XADD k 1-x f v",
    "XADD k MAXLEN x 1-1 f v",
    "XTRIM k MAXLEN x",
    "XTRIM k FOO 1",
    "XRANGE k x +",
    "XREVRANGE k + x",
    "XREAD COUNT x STREAMS k 0",
    "XREAD STREAMS k",
    "XREADGROUP GROUP g c COUNT x STREAMS k >",
    "XGROUP CREATE k g 0 FOO",
    "XGROUP SETID k g 0 FOO",
    "XPENDING k g IDLE x",
    "XAUTOCLAIM k g c x 0",
    "XSETID k x",
    "SET k v FOO",
    "SET k v NX XX",
    "SET k v EX",
    "SET k v EX 1 PX 1",
    "SET k v KEEPTTL EX 1",
    "SET k v EX x",
    "SET k v EX 0 GET",
    "SET k v PXAT -1",
    "SET k v EX 9223372036854775807",
    "SET k v EX 1 NX FOO",
    "SETEX k x v",
    "SETEX k 0 v",
    "SETEX k -1 v",
    "SETEX k 9223372036854775807 v",
    "PSETEX k x v",
    "PSETEX k 0 v",
    "GETEX k FOO",
    "GETEX k EX",
    "GETEX k EX 1 PERSIST",
    "INCRBY k x",
    "INCRBY k 9223372036854775808",
    "DECRBY k x",
    "DECRBY k -9223372036854775808",
    "SETRANGE k x v",
    "SETRANGE k -1 v",
    "SETRANGE k -1 \"\"",
    "GETRANGE k x 1",
    "GETRANGE k 0 x",
    "SUBSTR k 0 x",
    "MSET a b k",
    "MSETNX a b k",
    "COPY k l FOO",
    "COPY k l DB",
    "COPY k l DB x",
    "COPY k l DB 16",
    "COPY k l DB 99999999999",
    "COPY k l REPLACE DB -1",
    "MOVE k x",
    "MOVE k 16",
    "MOVE k 99999999999",
    "EXPIRE k x",
    "EXPIRE k 9223372036854775807",
    "EXPIRE k 1 FOO",
    "EXPIRE k 1 NX XX",
    "EXPIRE k 1 GT LT",
    "EXPIRE k x FOO",
    "PEXPIRE k x",
    "PEXPIRE k 1 GT LT",
    "EXPIREAT k x",
    "EXPIREAT k -9223372036854775808",
    "PEXPIREAT k x",
    "PEXPIREAT k 1 NX GT",
    "FLUSHALL FOO",
    "FLUSHALL SYNC ASYNC",
    "FLUSHDB FOO",
    "SWAPDB x 1",
    "SWAPDB 1 x",
    "SWAPDB 1 16",
    "SWAPDB -1 1",
    "SCAN x",
    "SCAN 0 COUNT",
    "SCAN 0 COUNT x",
    "SCAN 0 COUNT 0",
    "SCAN 0 FOO 1",
    "HSET k f v f",
    "HMSET k f v f",
    "HINCRBY k f x",
    "HINCRBYFLOAT k f x",
    "HINCRBYFLOAT k f inf",
    "HRANDFIELD k x",
    "HRANDFIELD k 1 FOO",
    "HRANDFIELD k 1 WITHVALUES 2",
    "HRANDFIELD k -9223372036854775808",
    "HRANDFIELD k -9223372036854775807 WITHVALUES",
    "HSCAN k x",
    "ZADD k x m",
    "ZADD k NX XX 1 m",
    "ZADD k GT LT 1 m",
    "ZADD k INCR 1 m 2 n",
    "ZADD k 1 m 2",
    "ZADD k 1 m nan n",
    "ZINCRBY k x m",
    "ZINCRBY k NX m",
    "ZRANGE k x 1",
    "ZRANGE k 0 1 FOO",
    "ZRANGE k 0 1 LIMIT 0 1",
    "ZRANGE k x 1 BYSCORE",
    "ZRANGE k x 1 BYLEX",
    "ZRANGE k - + BYLEX WITHSCORES",
    "ZRANGE k 0 1 BYSCORE LIMIT x 1",
    "ZRANGESTORE t k x 1",
    "ZRANGESTORE t k 0 1 WITHSCORES",
    "ZREVRANGE k 0 1 REV",
    "ZRANGEBYSCORE k x 1",
    "ZREVRANGEBYSCORE k 1 x",
    "ZRANGEBYLEX k a b",
    "ZREVRANGEBYLEX k a b",
    "ZCOUNT k x 1",
    "ZLEXCOUNT k a b",
    "ZREMRANGEBYRANK k x 1",
    "ZREMRANGEBYSCORE k 1 x",
    "ZREMRANGEBYLEX k a b",
    "ZPOPMIN k x",
    "ZPOPMIN k -1",
    "ZPOPMAX k 1 2",
    "ZMPOP 0 k MIN",
    "ZMPOP x k MIN",
    "ZMPOP 2 k MIN",
    "ZMPOP 1 k FOO",
    "ZMPOP 1 k MIN COUNT 0",
    "BZPOPMIN k x",
    "BZPOPMAX k -1",
    "BZMPOP 0 0 k MIN",
    "BZMPOP x 1 k MIN",
    "BZMPOP 0 1 k FOO",
    "ZRANDMEMBER k x",
    "ZRANDMEMBER k 1 FOO",
    "ZUNION 0 k",
    "ZUNION x k",
    "ZUNION 2 k",
    "ZINTER 0 k",
    "ZDIFF 0 k",
    "ZINTERCARD 0 k",
    "ZUNIONSTORE t 0 k",
    "ZINTERSTORE t x k",
    "ZDIFFSTORE t 2 k",
    "ZSCAN k x",
    "BLPOP k x",
    "BLPOP k -1",
    "BRPOP k x",
    "BLMOVE k t LEFT FOO 0",
    "BLMOVE k t LEFT RIGHT x",
    "BRPOPLPUSH k t x",
    "BLMPOP 0 0 k LEFT",
    "BLMPOP x 1 k LEFT",
    "BLMPOP 0 1 k FOO",
    "LINSERT k FOO p v",
    "LMOVE k t LEFT FOO",
    "LMPOP 0 k LEFT",
    "LMPOP 1 k FOO",
    "LMPOP 1 k LEFT COUNT 0",
    "LPOP k x",
    "LPOP k -1",
    "RPOP k x",
    "RPOP k 1 2",
    "LPOS k v FOO",
    "LPOS k v RANK 0",
    "LPOS k v COUNT -1",
    "LPOS k v MAXLEN -1",
    "LRANGE k x 1",
    "LREM k x v",
    "LTRIM k x 1",
    "SINTERCARD 0 k",
    "SINTERCARD x k",
    "SINTERCARD 2 k",
    "SINTERCARD 1 k FOO",
    "SINTERCARD 1 k LIMIT -1",
    "SPOP k x",
    "SPOP k -1",
    "SPOP k 1 2",
    "SRANDMEMBER k x",
    "SRANDMEMBER k 1 2",
    "SSCAN k x",
    "SETBIT k x 1",
    "SETBIT k -1 1",
    "SETBIT k 1 2",
    "SETBIT k 1 x",
    "GETBIT k x",
    "GETBIT k 4294967296",
    "BITPOS k 2",
    "BITPOS k x",
    "BITOP FOO t k",
    "BITOP NOT t k k",
    "BITFIELD k FOO",
    "BITFIELD k GET u64 0",
    "BITFIELD k GET u8 #-1",
    "BITFIELD k SET u8 0 x",
    "BITFIELD k OVERFLOW FOO",
    "BITFIELD_RO k SET u8 0 1",
    "SORT k FOO",
    "SORT k LIMIT x 1",
    "SORT k LIMIT 1 x",
    "SORT k STORE",
    "SORT_RO k STORE t",
    "RESTORE k 0 x FOO",
    "RESTORE-ASKING k 0 x FOO",
    "MIGRATE h 1 k 0 0 FOO",
    "MIGRATE h 1 k 0 x",
    "MIGRATE h 1 k x 0",
    "MIGRATE h 1 k 0 0 KEYS a",
    "CLUSTER COUNTKEYSINSLOT x",
    "CLUSTER GETKEYSINSLOT 1 x",
    "RESTORE k 0 x IDLETIME -1",
    "RESTORE k 0 x IDLETIME x",
    "RESTORE k 0 x FREQ 256",
    "RESTORE k x x FREQ 1 IDLETIME 1",
    "GEOADD k x 1 m",
    "GEOADD k 1 x m",
    "GEOADD k 181 1 m",
    "GEOADD k 1 1 m 2",
    "GEOADD k NX XX 1 1 m",
    "GEODIST k a b foo",
    "GEODIST k a b m x",
    "EVAL \"return 1\" x",
    "EVAL \"return 1\" 1",
    "EVAL \"return 1\" -1",
    "EVAL \"#!lua\" 0",
    "EVAL \"#!foo\\nreturn 1\" 0",
    "EVAL \"#!lua flags=foo\\nreturn 1\" 0",
    "EVAL \"#!lua foo\\nreturn 1\" x",
    "EVAL_RO \"return 1\" x",
    "EVAL_RO \"#!lua foo\\nreturn 1\" 0",
    "EVALSHA x 0",
    "EVALSHA ffffffffffffffffffffffffffffffffffffffff x",
    "EVALSHA ffffffffffffffffffffffffffffffffffffffff 1",
    "EVALSHA_RO x y",
    "EVALSHA_RO ffffffffffffffffffffffffffffffffffffffff -1",
    "SCRIPT FLUSH FOO",
    "SCRIPT FLUSH SYNC ASYNC",
    "SCRIPT LOAD \"#!foo\\nreturn 1\"",
    "FUNCTION FLUSH FOO",
    "FUNCTION LIST FOO",
    "FUNCTION LOAD FOO x",
    "FUNCTION RESTORE x FOO",
    "PUBSUB CHANNELS a b",
    "PUBSUB SHARDCHANNELS a b",
    "MEMORY USAGE k SAMPLES x",
    "MEMORY USAGE k SAMPLES -1",
    "MEMORY USAGE k FOO 1",
];

/// What no Redis has, or none before 7.2.
const OUR_OWN: &[(&str, &str)] = &[
    ("LOCK.LIST x", "ERR invalid cursor"),
    ("LOCK.MULTI 0 k o PX 1", "ERR numnames should be greater than 0"),
    ("ZRANK k m FOO", "ERR syntax error"),
    ("ZREVRANK k m FOO", "ERR syntax error"),
    (
        "ONCE 123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 INCR n",
        "LIMIT an id of ONCE has at most 128 bytes",
    ),
    ("HEXPIRE k 1 NX XX FIELDS 1 f", "ERR Mandatory argument FIELDS is missing or not at the right position"),
    ("HPEXPIRE k -1 FIELDS 1 f", "ERR invalid expire time, must be >= 0"),
    ("HEXPIREAT k 1 FIELDS 0 f", "ERR Parameter `numFields` should be greater than 0"),
    ("HPEXPIREAT k 70368744177664 FIELDS 1 f", "ERR invalid expire time in 'hpexpireat' command"),
    ("HTTL k FIELDS 2 f", "ERR The `numfields` parameter must match the number of arguments"),
    ("HPTTL k FIELDS 0 f", "ERR Number of fields must be a positive integer"),
    ("HEXPIRETIME k FIELD 1 f", "ERR Mandatory argument FIELDS is missing or not at the right position"),
    ("HPEXPIRETIME k FIELDS x f", "ERR Number of fields must be a positive integer"),
    ("HPERSIST k FIELDS 1 f g", "ERR The `numfields` parameter must match the number of arguments"),
    ("HGETDEL k FIELDS -1 f", "ERR Number of fields must be a positive integer"),
    ("HGETEX k EX x FIELDS 1 f", "ERR value is not an integer or out of range"),
    ("HSETEX k EX 1 KEEPTTL FIELDS 1 f v", "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"),
    ("DELEX k IFEQ", "ERR wrong number of arguments for 'delex' command"),
    ("DELEX k IFREV x", "ERR value is not an integer or out of range"),
    ("MSETEX 0 k v", "ERR invalid numkeys value"),
    ("MSETEX 2 k v l", "ERR wrong number of key-value pairs"),
    ("MSETEX 1 k v NX XX", "ERR syntax error"),
    ("MSETEX 1 k v EX 0", "ERR invalid expire time in 'msetex' command"),
    ("INCREX k ENX", "ERR ENX flag requires an expiration"),
    ("LMOVEM a b LEFT LEFT COUNT 0 OBO", "ERR count should be greater than 0"),
    ("BLMOVEM a b LEFT LEFT 0 COUNT 1", "ERR syntax error"),
    ("XDELEX k IDS 0 1-0", "ERR Number of IDs must be a positive integer"),
    ("XACKDEL k g IDS 2 1-0", "ERR The `numids` parameter must match the number of arguments"),
    ("XCFGSET k IDMP-MAXSIZE 0", "ERR IDMP-MAXSIZE must be between 1 and 10000 entries"),
    ("SET k v IFEQ w NX", "ERR syntax error"),
    ("SET k v IFREV x", "ERR value is not an integer or out of range"),
    ("LOCK.TOKEN k v w", "ERR wrong number of arguments for 'lock.token' command"),
    ("LOCK.ACQUIRE l a PX 0", "ERR invalid expire time in 'lock.acquire' command"),
    ("LOCK.ACQUIRE l a WAIT 0", "ERR syntax error"),
    ("LOCK.ACQUIRE l a PX 1 WAIT -1", "ERR timeout is negative"),
    ("LOCK.ACQUIRE l a CONNECTION", "ERR syntax error"),
    ("LOCK.ACQUIRE l a PX 1 DELAY -1", "ERR DELAY is negative"),
    ("LOCK.ACQUIRE l a SESSION x", "ERR session id is not an integer or out of range"),
    ("LOCK.HISTORY l COUNT x", "ERR value is not an integer or out of range"),
    ("LOCK.NOTIFY x", "ERR syntax error"),
    ("SESSION.OPEN PX 0", "ERR invalid expire time in 'session.open' command"),
    ("SESSION.OPEN NAME x", "ERR syntax error"),
    ("SESSION.KEEPALIVE x", "ERR session id is not an integer or out of range"),
    ("SESSION.CLOSE x", "ERR session id is not an integer or out of range"),
    ("SESSION.INFO x", "ERR session id is not an integer or out of range"),
    ("SESSION.BIND x k", "ERR session id is not an integer or out of range"),
    ("LOCK.EXTEND l a FOO 1", "ERR syntax error"),
    ("LOCK.RELEASE l a x", "ERR token is not an integer or out of range"),
    ("LOCK.BREAK l a b", "ERR wrong number of arguments for 'lock.break' command"),
    ("LOCK.CHECK l x", "ERR token is not an integer or out of range"),
    ("LOCK.GUARD l x GET k", "ERR token is not an integer or out of range"),
    ("RAFT.JOIN x 127.0.0.1:1 127.0.0.1:2", "ERR value is not an integer or out of range"),
    ("RAFT.JOIN 0 127.0.0.1:1 127.0.0.1:2", "ERR value is not an integer or out of range"),
    ("RAFT.JOIN 1 127.0.0.1 127.0.0.1:2", "ERR invalid address, host:port is expected"),
    ("RAFT.MOVED id 1 2 127.0.0.1 127.0.0.1:2", "ERR invalid address, host:port is expected"),
    ("RAFT.JOIN 1 127.0.0.1:0 127.0.0.1:2", "ERR invalid address, host:port is expected"),
    ("RAFT.JOIN 1 127.0.0.1:1 :2", "ERR invalid address, host:port is expected"),
    ("RAFT.JOIN 1 127.0.0.1:1 ::1:2", "ERR invalid address, host:port is expected"),
    ("RAFT.ADD :7101", "ERR invalid address, host:port is expected"),
    ("RAFT.ADD 127.0.0.1:0 LEARNER", "ERR invalid address, host:port is expected"),
    ("RAFT.INVITE 127.0.0.1", "ERR invalid address, host:port is expected"),
    ("RAFT.INVITE 127.0.0.1:1 x", "ERR syntax error"),
    ("RAFT.MEET id 1 127.0.0.1:0", "ERR invalid address, host:port is expected"),
    ("RAFT.MOVED id x 2 127.0.0.1:1 127.0.0.1:2", "ERR no such member"),
];

/// Wrong arguments that redis-server finds behind a look at a key, or at the clock or the connection: not for the gate.
const BEHIND_A_LOOK: &[&str] = &[
    "INCRBYFLOAT k x",
    "GETEX k EX x",
    "GETEX k EX 0",
    "GETEX k PX 9223372036854775807",
    "SET k v PX 9223372036854775807",
    "PSETEX k 9223372036854775807 v",
    "PEXPIRE k 9223372036854775807",
    "SETRANGE k 9223372036854775807 v",
    "SETRANGE k 9223372036854775807 \"\"",
    "LSET k x v",
    "LCS k l FOO",
    "LCS k l IDX LEN",
    "LCS k l MINMATCHLEN x",
    "HSCAN k 0 FOO 1",
    "HSCAN k 0 COUNT x",
    "HSCAN k 0 COUNT 0",
    "ZSCAN k 0 FOO 1",
    "ZSCAN k 0 COUNT x",
    "ZUNION 1 k FOO",
    "ZUNION 1 k WEIGHTS x",
    "ZINTER 1 k AGGREGATE FOO",
    "ZDIFF 1 k WEIGHTS 1",
    "ZINTERCARD 1 k LIMIT -1",
    "ZUNIONSTORE t 1 k WITHSCORES",
    "GEORADIUS k x 1 1 m",
    "GEORADIUS k 1 1 x m",
    "GEORADIUS k 1 1 1 foo",
    "GEORADIUSBYMEMBER k m 1 m FOO",
    "GEORADIUS_RO k 1 1 1 m STORE t",
    "GEOSEARCH k FROMMEMBER m ASC DESC ASC",
    "GEOSEARCH k BYRADIUS 1 m ASC DESC",
    "GEOSEARCHSTORE t k FROMLONLAT 1 1 BYBOX 1 x m",
    "RESTORE t x y",
    "RESTORE t -1 y",
    "RESTORE t 0 y",
    "BITCOUNT k 0",
    "BITCOUNT k x 1",
    "BITPOS k 1 x",
    "MOVE k 0",
    "COPY k k",
    "RENAME k k",
    "OBJECT FREQ k",
];

/// Write commands whose arguments cannot be wrong by themselves: keys, fields and values of any bytes, as many as there are. (The
/// increment of INCRBYFLOAT, the place of LSET, and all that GEORADIUS and its kin and PFDEBUG are asked are looked at behind the key.)
const ALWAYS_RIGHT: &[&str] = &[
    "xack",
    "xclaim",
    "xdel",
    "xgroup|createconsumer",
    "xgroup|delconsumer",
    "xgroup|destroy",
    "append",
    "decr",
    "getdel",
    "getset",
    "incr",
    "incrbyfloat",
    "setnx",
    "del",
    "delifeq",
    "persist",
    "rename",
    "renamenx",
    "unlink",
    "hdel",
    "hsetnx",
    "zrem",
    "sadd",
    "srem",
    "smove",
    "georadius",
    "georadiusbymember",
    "geosearchstore",
    "pfadd",
    "pfdebug",
    "pfmerge",
    "sinterstore",
    "sunionstore",
    "sdiffstore",
    "lpush",
    "lpushx",
    "lset",
    "rpush",
    "rpushx",
    "rpoplpush",
    "publish",
    "spublish",
    "subscribe",
    "psubscribe",
    "ssubscribe",
    "unsubscribe",
    "punsubscribe",
    "sunsubscribe",
    "function|delete",
];

fn words(line: &str) -> Vec<Vec<u8>> {
    split_inline(line.as_bytes()).expect("a line")
}

fn last_log_index(client: &mut Client) -> String {
    let info = client.call(&["INFO", "raft"]).text().unwrap();
    info.lines().find(|line| line.starts_with("raft_last_log_index:")).unwrap().to_owned()
}

/// Tells `ours` each line and Redis's reply to it, with `k` being absent, a string and a hash in turn.
fn with_every_kind_of_key(lines: &[&str], mut ours: impl FnMut(&str, Value)) {
    let redis = Server::redis(&[]);
    let mut client = redis.client();
    for kind in ["DEL k", "SET k 12", "HSET k f 1"] {
        ours("DEL k", client.call(&words("DEL k")));
        ours(kind, client.call(&words(kind)));
        for line in lines {
            ours(line, client.call(&words(line)));
        }
    }
}

#[test]
fn wrong_arguments_are_answered_as_by_redis_and_write_no_entry() {
    let ours = crate::start(&[]);
    let (mut client, mut watcher) = (ours.client(), ours.client());
    let mut before = last_log_index(&mut watcher);
    with_every_kind_of_key(BY_THE_GATE, |line, redis| {
        let reply = client.call(&words(line));
        assert_eq!(reply, redis, "{line}");
        let after = last_log_index(&mut watcher);
        assert!(!BY_THE_GATE.contains(&line) || (reply.is_error() && after == before), "{line}: {before} -> {after}");
        before = after;
    });
    for (line, text) in OUR_OWN {
        assert_eq!(client.call(&words(line)), Value::Error((*text).into()), "{line}");
    }
    assert_eq!(last_log_index(&mut watcher), before);
}

#[test]
fn errors_behind_a_look_at_a_key_come_where_redis_has_them() {
    let ours = crate::start(&[]);
    let mut client = ours.client();
    with_every_kind_of_key(BEHIND_A_LOOK, |line, redis| {
        assert_eq!(client.call(&words(line)), redis, "{line}");
    });
}

#[test]
fn every_command_with_a_check_has_lines_that_it_refuses() {
    let line_spec = |line: &&str| named(&Args::from_slices(words(line))).expect("a command");
    let lines: Vec<&str> = BY_THE_GATE.iter().copied().chain(OUR_OWN.iter().map(|(line, _)| *line)).collect();
    for line in &lines {
        let check = line_spec(line).check.unwrap_or_else(|| panic!("{line}: no check"));
        assert!(check(&Args::from_slices(words(line))).is_err(), "{line}");
    }
    for line in BEHIND_A_LOOK {
        let verdict = line_spec(line).check.map_or(Ok(()), |check| check(&Args::from_slices(words(line))));
        assert_eq!(verdict, Ok(()), "{line}");
    }
    let refused: BTreeSet<&str> = lines.iter().map(|line| line_spec(line).name).collect();
    let is_checked = |spec: &&&Spec| spec.check.is_some();
    let checked: BTreeSet<&str> = runnable().iter().filter(is_checked).map(|spec| spec.name).collect();
    assert_eq!(refused, checked);
    let writes = runnable().iter().filter(|spec| matches!(spec.run, Run::Write(_) | Run::Guarded(_)));
    let writes = writes.filter(|spec| !spec.flags.contains(Flags::INTERNAL) && spec.check.is_none());
    let unchecked: BTreeSet<&str> = writes.map(|spec| spec.name).collect();
    assert_eq!(unchecked, ALWAYS_RIGHT.iter().copied().collect::<BTreeSet<_>>());
}

/// Refusals of the gate stand at their places among the replies of what goes through the log.
#[test]
fn a_pipeline_goes_on_around_its_wrong_commands() {
    let lines = [
        "SET a 1",
        "SET a 2 FOO",
        "INCRBY a x",
        "INCR a",
        "GET a",
        "GETRANGE a x y",
        "HSET h f",
        "HSET h f v g",
        "HGETALL h",
        "SELECT 1",
        "SETEX a 0 v",
        "SET a 3",
        "GET a",
    ];
    let pipeline: Vec<_> = lines.iter().map(|line| words(line)).collect();
    let ours = crate::start(&[]).client().pipeline(&pipeline);
    assert_eq!(ours, Server::redis(&[]).client().pipeline(&pipeline));
}

/// MULTI queues a command with wrong arguments, and EXEC answers with its error among the others' replies.
#[test]
fn a_transaction_finds_wrong_arguments_when_it_runs() {
    let lines = [
        "MULTI",
        "SET a 1",
        "SET a 2 FOO",
        "INCRBY a x",
        "SCAN x",
        "INCR a",
        "EXEC",
        "MULTI",
        "SET a 2 FOO",
        "EXEC",
        "MULTI",
        "SCAN x",
        "EXEC",
        "GET a",
    ];
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    let replies = |mut client: Client| lines.map(|line| client.call(&words(line)));
    assert_eq!(replies(ours.client()), replies(redis.client()));
}

/// What Redis looks at before it runs a command comes first.
#[test]
fn server_state_errors_come_before_argument_errors() {
    let lines =
        ["CONFIG SET maxmemory 1", "SET k v FOO", "EXPIRE k x", "SETEX k 0 v", "CONFIG SET maxmemory 0", "SET k v FOO"];
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    let replies = |mut client: Client| lines.map(|line| client.call(&words(line)));
    let texts = replies(ours.client());
    assert_eq!(texts, replies(redis.client()));
    assert!(texts[1].text().is_some_and(|text| text.starts_with("OOM")), "{texts:?}");
    let locked = Server::lockstep(&["--requirepass", "secret"]);
    let reply = Client::connect(locked.addr()).call(&words("SET k v FOO"));
    assert_eq!(reply.text().as_deref(), Some("NOAUTH Authentication required."));
}
