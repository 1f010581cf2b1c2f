//! What redis-server answers byte for byte: above all the texts of refusals, which clients match on.

use std::net::Shutdown;

use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

/// A reply of each type, in both versions of the protocol.
const PROTOCOL: &[&str] = &[
    "DEBUG PROTOCOL string",
    "DEBUG PROTOCOL integer",
    "DEBUG PROTOCOL double",
    "DEBUG PROTOCOL null",
    "DEBUG PROTOCOL array",
    "DEBUG PROTOCOL set",
    "DEBUG PROTOCOL map",
    "DEBUG PROTOCOL attrib",
    "DEBUG PROTOCOL push",
    "DEBUG PROTOCOL verbatim",
    "DEBUG PROTOCOL true",
    "DEBUG PROTOCOL false",
    "DEBUG PROTOCOL bignum",
    "DEBUG PROTOCOL nosuch",
];

/// What scripts answer in RESP3.
const VERBATIM: &[&str] = &[
    "EVAL \"return {verbatim_string={format='text',string='abc'}}\" 0",
    "EVAL \"return {verbatim_string={format='t',string='abc'}}\" 0",
    "EVAL \"return {verbatim_string={format='',string='abc'}}\" 0",
    "EVAL \"return {verbatim_string={format='\\255a\\0b',string='abc'}}\" 0",
    "EVAL \"return {verbatim_string={string='abc'}}\" 0",
];

/// One connection each.
const DIALOGUES: &[&[&str]] = &[
    &["CLIENT KILL ID 9999"],
    &["CLIENT KILL 1.1.1.1:1"],
    &["CLIENT KILL ID abc"],
    &["CLIENT KILL ID 0"],
    &["CLIENT KILL TYPE foo"],
    &["CLIENT KILL FOO bar"],
    &["CLIENT KILL ID"],
    &["CLIENT KILL USER nosuch"],
    &["CLIENT KILL SKIPME foo"],
    &["CLIENT KILL"],
    &["CLIENT KILL ID 999 ADDR"],
    &["CLIENT LIST TYPE foo"],
    &["CLIENT LIST ID x"],
    &["CLIENT LIST ID 999"],
    &["CLIENT LIST FOO"],
    &["CLIENT LIST ID"],
    &["CLIENT LIST TYPE"],
    &["CLIENT LIST TYPE pubsub"],
    &["CLIENT NO-EVICT x"],
    &["CLIENT NO-EVICT on"],
    &["CLIENT REPLY x"],
    &["CLIENT UNBLOCK x"],
    &["CLIENT UNBLOCK 999"],
    &["CLIENT UNBLOCK 1 FOO"],
    &["CLIENT PAUSE x"],
    &["CLIENT PAUSE -1"],
    &["CLIENT PAUSE 1 FOO"],
    &["CLIENT PAUSE 99999999999999999999"],
    &["CLIENT PAUSE 1 WRITE X"],
    &["CLIENT GETREDIR"],
    &["CLIENT TRACKINGINFO"],
    &["CLIENT SETNAME"],
    &["CLIENT SETNAME abc", "CLIENT GETNAME"],
    &["CLIENT SETNAME \"a b\""],
    &["CLIENT GETNAME"],
    &["CLIENT FOO"],
    &["CLIENT MAINT_NOTIFICATIONS ON"],
    &["CLIENT"],
    &["CLIENT REPLY OFF", "PING", "CLIENT REPLY ON", "PING"],
    &["CLIENT REPLY SKIP", "PING", "PING"],
    &["CLIENT REPLY SKIP", "CLIENT REPLY ON", "PING"],
    &["CLIENT REPLY OFF", "CLIENT REPLY SKIP", "CLIENT REPLY ON", "PING"],
    &["CLIENT REPLY SKIP", "FOO", "PING"],
    &["WAIT a 1"],
    &["WAIT 0 -1"],
    &["WAIT 0 a"],
    &["WAIT 1"],
    &["MULTI", "WAIT 1 0", "EXEC"],
    &["MULTI", "CLIENT GETNAME", "CONFIG GET timeout", "SELECT 1", "EXEC"],
    &["SLOWLOG GET x"],
    &["SLOWLOG GET -2"],
    &["SLOWLOG GET 1 2"],
    &["SLOWLOG FOO"],
    &["SLOWLOG HELP"],
    &["SHUTDOWN FOO"],
    &["SHUTDOWN ABORT"],
    &["SHUTDOWN NOSAVE SAVE"],
    &["SHUTDOWN NOW ABORT"],
    &["BGSAVE FOO"],
    &["SAVE x"],
    &["MEMORY USAGE nokey"],
    &["MEMORY USAGE nokey SAMPLES x"],
    &["MEMORY USAGE nokey SAMPLES -1"],
    &["MEMORY USAGE nokey SAMPLES"],
    &["MEMORY USAGE nokey FOO 1"],
    &["MEMORY HELP"],
    &["MEMORY PURGE"],
    &["MEMORY FOO"],
    &["MODULE LIST"],
    &["ACL WHOAMI"],
    &["LASTSAVE x"],
    &["CONFIG GET"],
    &["CONFIG"],
    &["CONFIG FOO"],
    &["CONFIG HELP"],
    &["CONFIG GET PORTX"],
    &["CONFIG GET save"],
    &["CONFIG GET maxmemory-policy"],
    &["CONFIG GET databases"],
    &["CONFIG GET timeout TIMEOUT"],
    &["CONFIG GET TIMEOUT"],
    &["CONFIG GET tim*"],
    &["CONFIG GET tim* timeout"],
    &["CONFIG SET foo 1"],
    &["CONFIG SET timeout"],
    &["CONFIG SET timeout 1 timeout 2"],
    &["CONFIG SET timeout abc"],
    &["CONFIG SET timeout -1"],
    &["CONFIG SET maxmemory x"],
    &["CONFIG SET maxmemory 100mbx"],
    &["CONFIG SET maxclients x"],
    &["CONFIG SET databases 3"],
    &["CONFIG SET timeout 5 foo 1", "CONFIG GET timeout"],
    &["CONFIG SET timeout 5 maxclients x", "CONFIG GET timeout"],
    &["CONFIG SET timeout 7", "CONFIG GET timeout", "CONFIG SET timeout 0"],
    &["CONFIG SET MAXMEMORY 1gb", "CONFIG GET maxmemory", "CONFIG SET maxmemory 0"],
    &[
        "CONFIG SET slowlog-log-slower-than -1",
        "CONFIG GET slowlog-log-slower-than",
        "CONFIG SET slowlog-log-slower-than 10000",
    ],
    &["CONFIG SET a b c"],
    &["CONFIG SET timeout x foo 1", "CONFIG SET databases 16 timeout x", "CONFIG SET timeout x databases 1"],
    &["CONFIG SET timeout 5 TIMEOUT 6", "CONFIG SET timeout 7 timeout x"],
    &["CONFIG SET Slave-Lazy-Flush x", "CONFIG SET MaxMemory -1", "CONFIG SET appendonly maybe"],
    &[
        "CONFIG SET hash-max-ziplist-entries 1000000000 hash-max-listpack-entries 1000000001",
        "CONFIG GET hash-max-ziplist-entries",
        "CONFIG SET hash-max-ziplist-entries -1",
        "CONFIG SET hash-max-ziplist-entries 9223372036854775808",
        "CONFIG SET hash-max-ziplist-entries 128",
    ],
    &[
        "CONFIG SET notify-keyspace-events Ex save \"3600 1 60 5\" hz 501",
        "CONFIG GET notify-keyspace-events",
        "CONFIG GET save",
        "CONFIG GET hz",
        "CONFIG SET notify-keyspace-events \"\" save \"\" hz 10",
    ],
    &["CONFIG SET client-output-buffer-limit \"pubsub 32mb 8mb 60 normal 1 2\""],
    &["CONFIG SET maxmemory-clients 101%", "CONFIG SET latency-tracking-info-percentiles 101"],
    &["CONFIG SET maxmemory-policy noeviction save \"\" notify-keyspace-events \"\" latency-monitor-threshold 0 hz 10"],
    &["CONFIG SET maxmemory-policy foo"],
    &["CONFIG SET dir /x"],
    &["CONFIG SET dbfilename dump.rdb"],
    &["CONFIG SET io-threads 1"],
    &["CONFIG SET aclfile x"],
    &["CONFIG SET hz x"],
    &["CONFIG SET maxmemory -1"],
    &["CONFIG SET hash-max-listpack-value -1"],
    &[
        "CONFIG SET hash-max-listpack-value 1kb",
        "CONFIG GET hash-max-listpack-value",
        "CONFIG SET hash-max-listpack-value 64",
    ],
    &["CONFIG GET lua-time-limit", "CONFIG GET busy-reply-threshold", "CONFIG GET hz", "CONFIG GET io-threads"],
    &["CONFIG GET maxmemory-samples", "CONFIG GET min-slaves-to-write", "CONFIG GET aclfile"],
    &["CONFIG REWRITE"],
    &["CONFIG RESETSTAT x"],
    &["CONFIG RESETSTAT"],
    &["COMMAND HELP"],
    &["COMMAND FOO"],
    &["COMMAND DOCS nosuch"],
    &["COMMAND GETKEYS nosuch x"],
    &["COMMAND GETKEYS mset a b c d"],
    &["COMMAND GETKEYS mset a b c"],
    &["COMMAND GETKEYS set a"],
    &["COMMAND GETKEYS config get x"],
    &["COMMAND GETKEYS eval x 0", "COMMAND GETKEYS eval x 1", "COMMAND GETKEYS eval x 1 k"],
    &["COMMAND GETKEYSANDFLAGS set a b", "COMMAND GETKEYSANDFLAGS set a b get", "COMMAND GETKEYSANDFLAGS set a get"],
    &["COMMAND GETKEYSANDFLAGS eval x 0", "COMMAND GETKEYSANDFLAGS getex a"],
    &["COMMAND GETKEYSANDFLAGS copy a b"],
    &["COMMAND LIST FILTERBY foo x"],
    &["COMMAND LIST FILTERBY aclcat foo"],
    &["COMMAND LIST FILTERBY module x"],
    &["COMMAND LIST x"],
    &["COMMAND COUNT x"],
    &["INFO cpux"],
    &["INFO cluster"],
    &["DEBUG"],
    &["DEBUG ERROR \"hello world\"", "DEBUG ERROR \"ERR a\\r\\nb\"", "DEBUG ERROR \"\"", "DEBUG ERROR \"a\\x00b\""],
    &["DEBUG SET-ACTIVE-EXPIRE 0", "DEBUG SET-ACTIVE-EXPIRE 1"],
    PROTOCOL,
    &["MULTI", "DEBUG PROTOCOL push", "DEBUG PROTOCOL map", "EXEC"],
    &["CLUSTER nosuch"],
    &["CLUSTER INFO"],
    &["SCRIPT DEBUG NO"],
    &["SCRIPT DEBUG foo"],
    &["SCRIPT DEBUG"],
    &["MULTI", "GET nosuch", "EVAL \"return {ok='\\255\\254a'}\" 0", "EXEC"],
    &["EVAL \"return {ok='ab\\0cd'}\" 0", "EVAL \"return {err='ab\\0cd'}\" 0", "EVAL \"return {ok='a\\r\\nb'}\" 0"],
    &["EVAL \"error('ab\\0cd')\" 0", "EVAL \"error({err='ab\\0cd'})\" 0"],
    &["EVAL \"return redis.set_repl('x')\" 0", "EVAL \"return redis.set_repl(7)\" 0"],
    &["ROLE x"],
    &["MULTI", "SAVE", "EXEC"],
    &["MULTI", "BGSAVE", "DISCARD"],
    &["READONLY x"],
    &["MULTI", "CLIENT FOO", "EXEC"],
    &["COMMAND INFO get incr client|id client|reply config|get config|resetstat command|count acl|whoami nosuch"],
    &[
        "COMMAND INFO zadd zincrby zrem zcard zscore zmscore zrange zrangestore zrevrange zrangebyscore zrevrangebyscore zrangebylex",
    ],
    &[
        "COMMAND INFO zrevrangebylex zcount zlexcount zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax zmpop bzmpop",
    ],
    &["COMMAND INFO zrandmember zunion zunionstore zinter zinterstore zintercard zdiff zdiffstore zscan"],
    &["COMMAND INFO setbit getbit bitcount bitpos bitop bitfield_ro pfadd pfmerge pfdebug pfselftest dump restore"],
    &[
        "COMMAND INFO geoadd geodist geohash geopos geosearch geosearchstore georadius georadius_ro georadiusbymember georadiusbymember_ro",
    ],
    &["COMMAND GETKEYSANDFLAGS bitfield k GET u8 0 GET u8 1", "COMMAND GETKEYSANDFLAGS bitfield k GET u8 0 SET u8 1 1"],
    &[
        "COMMAND GETKEYSANDFLAGS sort l BY x* STORE a STORE b",
        "COMMAND GETKEYSANDFLAGS sort l GET STORE",
        "COMMAND GETKEYS sort_ro l",
    ],
    &["COMMAND GETKEYSANDFLAGS georadius k 1 1 1 m STORE d", "COMMAND GETKEYSANDFLAGS georadius k 1 1 1 m"],
    &[
        "COMMAND GETKEYS bitop and d a b",
        "COMMAND GETKEYS pfcount a b",
        "COMMAND GETKEYS pfmerge a b c",
        "COMMAND GETKEYS restore k 0 x",
    ],
    &["MODULE", "MODULE HELP", "MODULE LIST", "MODULE NOSUCH", "MODULE LOAD", "MODULE UNLOAD a b"],
    &["MODULE LOAD x", "MODULE LOADEX x", "MODULE UNLOAD x", "MULTI", "MODULE LOAD x", "EXEC"],
    &["BGREWRITEAOF x", "BGREWRITEAOF"],
    &["COMMAND INFO bgrewriteaof", "COMMAND INFO module|load module|loadex module|unload module|help"],
    &["COMMAND INFO latency|doctor latency|graph latency|histogram latency|history latency|latest latency|help"],
    &["COMMAND INFO publish spublish evalsha"],
    &["COMMAND INFO role readonly readwrite save bgsave shutdown lolwut failover replicaof slaveof"],
];

/// A node that, as the Redis of these tests, lets clients use DEBUG.
fn start() -> Server {
    crate::start(&["--enable-debug-command", "yes"])
}

#[test]
fn resp3_shows_every_type_as_redis_does() {
    let (ours, redis) = (start(), Server::redis(&[]));
    for lines in [PROTOCOL, VERBATIM] {
        let of = |server: &Server| {
            let mut client = server.client();
            client.call(&["HELLO", "3"]);
            rest(client, lines)
        };
        assert_eq!(of(&ours), of(&redis), "left is lockstep, right is Redis");
    }
}

/// Redis's own tests take the second of a key's last access from it.
#[test]
fn debug_object_tells_the_second_of_the_last_access() {
    let now_s = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    for server in [start(), Server::redis(&["--enable-debug-command", "yes"])] {
        let mut client = server.client();
        let began_s = now_s();
        client.call(&["SET", "k", "v"]);
        let line = client.call(&["DEBUG", "OBJECT", "k"]).text().unwrap();
        let lru: u64 = line.split(' ').find_map(|word| word.strip_prefix("lru:")).unwrap().parse().unwrap();
        // A node's clock, and Redis's, may be a moment behind.
        let possible = began_s - 2..=now_s() + 1;
        assert!(possible.into_iter().any(|second| second & 0xff_ffff == lru), "{line}");
    }
}

#[test]
fn debug_is_refused_as_by_redis_unless_an_option_allows_it() {
    let lines = &[
        "DEBUG",
        "DEBUG nosuch",
        "DEBUG HELP",
        "DEBUG HELP x",
        "DEBUG PROTOCOL true",
        "DEBUG ERROR x",
        "DEBUG OBJECT nosuch",
        "DEBUG SLEEP x y",
        "DEBUG SET-ACTIVE-EXPIRE 1",
        "MULTI",
        "DEBUG ERROR x",
        "EXEC",
        "EVAL \"return redis.call('debug', 'error', 'x')\" 0",
        "CONFIG GET enable-debug-command",
        "CONFIG SET enable-debug-command yes",
    ];
    let redis = Server::redis(&["--enable-debug-command", "no"]);
    assert_eq!(answers(&crate::start(&[]), lines), answers(&redis, lines), "left is lockstep, right is Redis");
    // It is told before the password is asked for.
    let ours = Server::lockstep(&["--requirepass", "x"]);
    let redis = Server::redis(&["--enable-debug-command", "no", "--requirepass", "x"]);
    assert_eq!(answers(&ours, lines), answers(&redis, lines), "left is lockstep, right is Redis");
    let local = crate::start(&["--enable-debug-command", "local"]);
    assert_eq!(local.client().call(&["DEBUG", "PROTOCOL", "integer"]), Value::Int(12345));
}

/// The array of a DEBUG command's COMMAND INFO, up to its subcommands, which Redis does not tell.
#[test]
fn debug_is_described_as_by_redis() {
    let head = |server: &Server| match server.client().call(&["COMMAND", "INFO", "debug"]) {
        Value::Array(items) => match &items[..] {
            [Value::Array(debug)] => debug[..7].to_vec(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let (ours, redis) = (start(), Server::redis(&[]));
    assert_eq!(head(&ours), head(&redis));
}

pub fn answers(server: &Server, lines: &[&str]) -> String {
    rest(server.client(), lines)
}

fn rest(mut client: Client, lines: &[&str]) -> String {
    for line in lines {
        client.send_raw(format!("{line}\r\n").as_bytes()).unwrap();
    }
    client.send_raw(b"PING\r\n").unwrap();
    let _ = client.stream().shutdown(Shutdown::Write);
    client.read_to_close().unwrap().escape_ascii().to_string()
}

#[test]
fn refusals_and_simple_answers_are_those_of_redis() {
    let (ours, redis) = (start(), Server::redis(&[]));
    for lines in DIALOGUES {
        assert_eq!(answers(&ours, lines), answers(&redis, lines), "left is lockstep, right is Redis, for {lines:?}");
    }
}
