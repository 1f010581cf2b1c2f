//! What redis-rs should see.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use redis::{Commands, Connection, ExistenceCheck, RedisError, RedisResult, Script, SetExpiry, SetOptions, pipe};

use crate::{RELEASE, Target};

/// Counts what was right and stops at what was not.
struct Checks(usize);

impl Checks {
    fn expect<T: PartialEq + Debug>(&mut self, what: &str, got: T, wanted: T) {
        assert_eq!(got, wanted, "{what}");
        self.0 += 1;
    }

    fn expect_error<T: Debug>(&mut self, what: &str, got: RedisResult<T>, code: &str) {
        let error: RedisError = got.expect_err(what);
        assert_eq!(error.code(), Some(code), "{what}: {error}");
        self.0 += 1;
    }
}

pub fn run(target: Target, prefix: &str) -> RedisResult<()> {
    let mut redis = target.connect()?;
    let mut checks = Checks(0);
    let pong: String = redis::cmd("PING").query(&mut redis)?;
    checks.expect("ping", pong.as_str(), "PONG");
    values(&mut checks, &mut redis, prefix)?;
    scan(&mut checks, &mut redis, prefix)?;
    transactions(&mut checks, &mut redis, &mut target.connect()?, prefix)?;
    scripts(&mut checks, &mut redis, prefix)?;
    lock(&mut checks, &mut redis, prefix)?;
    let (mut five, key) = (target.connect_to(5)?, format!("{prefix}db"));
    let () = five.set(&key, 5)?;
    checks.expect("databases", (redis.get(&key)?, five.get_del(&key)?), (None::<u8>, Some(5)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(multiplexed(&mut checks, target, prefix))?;
    println!("{} checks", checks.0);
    Ok(())
}

fn values(checks: &mut Checks, redis: &mut Connection, p: &str) -> RedisResult<()> {
    let key = |name: &str| format!("{p}{name}");
    let () = redis.set(key("s"), b"\0\xff\r\n")?;
    checks.expect("get", redis.get(key("s"))?, Some(b"\0\xff\r\n".to_vec()));
    checks.expect("get of an absent key", redis.get(key("none"))?, None::<String>);
    checks.expect("incr", (redis.incr(key("n"), 1)?, redis.incr(key("n"), 41)?), (1, 42));
    let () = redis.mset(&[(key("a"), 1), (key("b"), 2)])?;
    checks.expect("mget", redis.mget(&[key("a"), key("none"), key("b")])?, vec![Some(1), None, Some(2)]);
    let () = redis.hset_multiple(key("h"), &[("a", 1), ("b", 2)])?;
    let all: BTreeMap<String, i64> = redis.hgetall(key("h"))?;
    checks.expect("hgetall", all, BTreeMap::from([("a".into(), 1), ("b".into(), 2)]));
    checks.expect("hincrby and hdel", (redis.hincr(key("h"), "a", 4)?, redis.hdel(key("h"), "b")?), (5, 1));
    checks.expect("expire and ttl", (redis.expire(key("s"), 100)?, redis.ttl(key("s"))?), (true, 100i64));
    checks.expect("persist and pttl", (redis.persist(key("s"))?, redis.pttl(key("s"))?), (true, -1i64));
    checks.expect_error("wrong type", redis.hget::<_, _, Option<String>>(key("s"), "f"), "WRONGTYPE");
    Ok(())
}

fn scan(checks: &mut Checks, redis: &mut Connection, p: &str) -> RedisResult<()> {
    let keys: BTreeSet<String> = (0..200).map(|i| format!("{p}scan:{i}")).collect();
    let pairs: Vec<(&String, u8)> = keys.iter().map(|key| (key, 1)).collect();
    let () = redis.mset(&pairs)?;
    let found = redis.scan_match::<_, String>(format!("{p}scan:*"))?.collect::<RedisResult<BTreeSet<_>>>()?;
    checks.expect("scan_match", found, keys.clone());
    checks.expect("unlink", redis.unlink(keys)?, 200);
    Ok(())
}

fn transactions(checks: &mut Checks, redis: &mut Connection, other: &mut Connection, p: &str) -> RedisResult<()> {
    let key = format!("{p}t");
    let (set, number): (String, i64) = pipe().atomic().set(&key, 1).incr(&key, 1).query(redis)?;
    checks.expect("multi", (set.as_str(), number), ("OK", 2));
    let () = redis::cmd("WATCH").arg(&key).query(redis)?;
    let () = other.set(&key, 9)?;
    let outcome: Option<(String,)> = pipe().atomic().set(&key, "lost").query(redis)?;
    checks.expect("watch", (outcome, redis.get(&key)?), (None, 9));
    let mut attempts = 0;
    let (number,): (i64,) = redis::transaction(redis, std::slice::from_ref(&key), |redis, pipe| {
        attempts += 1;
        if attempts == 1 {
            let () = other.set(&key, 20)?;
        }
        let old: i64 = redis.get(&key)?;
        pipe.set(&key, old + 1).ignore().get(&key).query(redis)
    })?;
    checks.expect("transaction()", (attempts, number), (2, 21));
    let mut many = pipe();
    for _ in 0..1000 {
        many.incr(format!("{p}pipe"), 1);
    }
    checks.expect("pipeline", many.query::<Vec<i64>>(redis)?, (1..=1000).collect());
    Ok(())
}

fn scripts(checks: &mut Checks, redis: &mut Connection, p: &str) -> RedisResult<()> {
    let script = Script::new("return {KEYS[1], ARGV[1], redis.call('INCRBY', KEYS[2], 3.0)}");
    for number in [3, 6] {
        let reply: (String, String, i64) = script.key("k").key(format!("{p}script")).arg("a").invoke(redis)?;
        checks.expect("Script", reply, ("k".into(), "a".into(), number));
    }
    let unknown = redis::cmd("EVALSHA").arg("b".repeat(40)).arg(0).query::<String>(redis);
    checks.expect_error("evalsha of an unknown script", unknown, "NOSCRIPT");
    Ok(())
}

fn lock(checks: &mut Checks, redis: &mut Connection, p: &str) -> RedisResult<()> {
    let key = format!("{p}lock");
    let options = SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::PX(20_000));
    checks.expect("lock", redis.set_options(&key, "me", options.clone())?, Some("OK".to_string()));
    checks.expect("held", redis.set_options(&key, "you", options)?, None::<String>);
    let release = Script::new(RELEASE);
    checks.expect("release by another", release.key(&key).arg("you").invoke(redis)?, 0);
    checks.expect("release", release.key(&key).arg("me").invoke(redis)?, 1);
    Ok(())
}

/// Many commands at a time on one connection.
async fn multiplexed(checks: &mut Checks, target: Target, p: &str) -> RedisResult<()> {
    let connection = target.client()?.get_multiplexed_async_connection().await?;
    let mut tasks = Vec::new();
    for _ in 0..50 {
        let (mut connection, key) = (connection.clone(), format!("{p}many"));
        tasks.push(tokio::task::spawn(async move {
            for _ in 0..10 {
                let _: i64 = redis::AsyncCommands::incr(&mut connection, &key, 1).await?;
            }
            RedisResult::Ok(())
        }));
    }
    for task in tasks {
        task.await.expect("no panic")?;
    }
    let mut connection = connection;
    let sum: i64 = redis::AsyncCommands::get(&mut connection, format!("{p}many")).await?;
    checks.expect("many at a time", sum, 500);
    Ok(())
}
