//! INFO's keyspace_hits and keyspace_misses: what each command counts, as redis-server does.

use crate::call;
use crate::support::client::Client;
use crate::support::process::Server;

/// Hits and misses.
type Counts = (u64, u64);

/// A command, what it counts where its keys are there, and what where they are not.
#[rustfmt::skip]
const COUNTS: &[(&str, Counts, Counts)] = &[
    ("GET s", (1, 0), (0, 1)),
    ("MGET s s2", (2, 0), (0, 2)),
    ("STRLEN s", (1, 0), (0, 1)),
    ("GETRANGE s 0 1", (1, 0), (0, 1)),
    ("SUBSTR s 0 1", (1, 0), (0, 1)),
    ("LCS s s2", (2, 0), (0, 2)),
    ("EXISTS s s2", (2, 0), (0, 2)),
    ("TTL s", (1, 0), (0, 1)),
    ("PTTL s", (1, 0), (0, 1)),
    ("EXPIRETIME s", (1, 0), (0, 1)),
    ("PEXPIRETIME s", (1, 0), (0, 1)),
    ("TYPE s", (1, 0), (0, 1)),
    ("TOUCH s s2", (2, 0), (0, 2)),
    ("OBJECT ENCODING s", (1, 0), (0, 1)),
    ("OBJECT REFCOUNT s", (1, 0), (0, 1)),
    ("OBJECT IDLETIME s", (1, 0), (0, 1)),
    ("OBJECT FREQ s", (1, 0), (0, 1)),
    ("GETEX s", (1, 0), (0, 1)),
    ("GETEX s EX 100", (1, 0), (0, 1)),
    ("GETEX s PERSIST", (1, 0), (0, 1)),
    ("GETEX h", (1, 0), (0, 1)),
    ("GETDEL s", (1, 0), (0, 1)),
    ("GETDEL h", (1, 0), (0, 1)),
    ("SET s v", (0, 0), (0, 0)),
    ("SET s v GET", (1, 0), (0, 1)),
    ("SET s v XX", (0, 0), (0, 0)),
    ("SET s v NX", (0, 0), (0, 0)),
    ("SET s v XX GET", (1, 0), (0, 1)),
    ("SET s v KEEPTTL", (0, 0), (0, 0)),
    ("SET h v GET", (1, 0), (0, 1)),
    ("GETSET s v", (1, 0), (0, 1)),
    ("GETSET h v", (1, 0), (0, 1)),
    ("SETNX s v", (0, 0), (0, 0)),
    ("SETEX s 10 v", (0, 0), (0, 0)),
    ("PSETEX s 10 v", (0, 0), (0, 0)),
    ("MSET s v s2 v", (0, 0), (0, 0)),
    ("MSETNX s v s2 v", (0, 0), (0, 0)),
    ("APPEND s x", (0, 0), (0, 0)),
    ("SETRANGE s 0 x", (0, 0), (0, 0)),
    ("INCR s", (0, 0), (0, 0)),
    ("DECR s", (0, 0), (0, 0)),
    ("INCRBY s 1", (0, 0), (0, 0)),
    ("DECRBY s 1", (0, 0), (0, 0)),
    ("INCRBYFLOAT s 1", (0, 0), (0, 0)),
    ("COPY s t", (1, 0), (0, 1)),
    ("COPY s s2", (1, 0), (0, 1)),
    ("COPY s s2 REPLACE", (1, 0), (0, 1)),
    ("RENAME s t", (0, 0), (0, 0)),
    ("RENAMENX s s2", (0, 0), (0, 0)),
    ("MOVE s 1", (0, 0), (0, 0)),
    ("DEL s s2", (0, 0), (0, 0)),
    ("UNLINK s", (0, 0), (0, 0)),
    ("EXPIRE s 10", (0, 0), (0, 0)),
    ("PEXPIRE s 10", (0, 0), (0, 0)),
    ("EXPIREAT s 9999999999", (0, 0), (0, 0)),
    ("PERSIST e", (0, 0), (0, 0)),
    ("KEYS *", (0, 0), (0, 0)),
    ("SCAN 0", (0, 0), (0, 0)),
    ("RANDOMKEY", (0, 0), (0, 0)),
    ("DBSIZE", (0, 0), (0, 0)),
    ("MEMORY USAGE s", (0, 0), (0, 0)),
    ("HGET h f", (1, 0), (0, 1)),
    ("HMGET h f x", (1, 0), (0, 1)),
    ("HGETALL h", (1, 0), (0, 1)),
    ("HKEYS h", (1, 0), (0, 1)),
    ("HVALS h", (1, 0), (0, 1)),
    ("HLEN h", (1, 0), (0, 1)),
    ("HEXISTS h f", (1, 0), (0, 1)),
    ("HSTRLEN h f", (1, 0), (0, 1)),
    ("HRANDFIELD h", (1, 0), (0, 1)),
    ("HRANDFIELD h 2", (1, 0), (0, 1)),
    ("HSCAN h 0", (1, 0), (0, 1)),
    ("HSET h f 2", (0, 0), (0, 0)),
    ("HSETNX h f 2", (0, 0), (0, 0)),
    ("HMSET h f 2", (0, 0), (0, 0)),
    ("HINCRBY h f 1", (0, 0), (0, 0)),
    ("HINCRBYFLOAT h f 1", (0, 0), (0, 0)),
    ("HDEL h f", (0, 0), (0, 0)),
    ("GET h", (1, 0), (0, 1)),
    ("HGET s f", (1, 0), (0, 1)),
    ("STRLEN h", (1, 0), (0, 1)),
    ("LCS h s", (2, 0), (0, 2)),
    ("EXISTS s s s", (3, 0), (0, 3)),
    ("SWAPDB 0 1", (0, 0), (0, 0)),
    ("FLUSHALL", (0, 0), (0, 0)),
    ("EVAL redis.call('get','s')redis.call('get','s2')redis.call('set','x',1)return(redis.call('exists','s')) 0", (3, 0), (0, 3)),
    ("EVAL_RO redis.call('get','s')redis.call('get','s2')return(redis.call('ttl','s')) 0", (3, 0), (0, 3)),
    ("EVAL return(redis.call('getdel','s')) 0", (1, 0), (0, 1)),
    ("EVAL redis.call('select',0)return(redis.call('hget','h','f')) 0", (1, 0), (0, 1)),
    ("WATCH s", (0, 0), (0, 0)),
];

fn counts(client: &mut Client) -> Counts {
    let text = call(client, "INFO stats").text().unwrap();
    let field = |name: &str| -> u64 {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
    };
    (field("keyspace_hits"), field("keyspace_misses"))
}

/// What `line` counts.
fn counted(client: &mut Client, line: &str, is_there: bool) -> Counts {
    call(client, "FLUSHALL");
    if is_there {
        for line in ["SET s 10", "SET s2 20", "HSET h f 1 g 2", "SET e 1 EX 100"] {
            call(client, line);
        }
    }
    call(client, "CONFIG RESETSTAT");
    call(client, line);
    counts(client)
}

#[test]
fn each_command_counts_the_keys_that_it_looks_up_as_in_redis() {
    for server in [crate::start(&[]), Server::redis(&[])] {
        let mut client = server.client();
        for (line, there, absent) in COUNTS {
            let seen = [counted(&mut client, line, true), counted(&mut client, line, false)];
            assert_eq!(seen, [*there, *absent], "{line}");
        }
    }
}

/// What runs inside a transaction, in one group with a write, and behind one, is counted once.
#[test]
fn keys_are_counted_once_wherever_a_command_runs() {
    for server in [crate::start(&[]), Server::redis(&[])] {
        let mut client = server.client();
        call(&mut client, "SET s 1");
        call(&mut client, "CONFIG RESETSTAT");
        for line in ["MULTI", "GET s", "SET s 2", "GETSET s 3", "GET no", "EXEC"] {
            call(&mut client, line);
        }
        assert_eq!(counts(&mut client), (2, 1));
        let lines = ["GET s", "SET t 2", "GET t", "GETDEL t", "GET t"];
        client.pipeline(&lines.map(|line| line.split(' ').map(ToOwned::to_owned).collect::<Vec<String>>()));
        assert_eq!(counts(&mut client), (5, 2));
    }
}
