"""redis-py, blocking."""

import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from common import RELEASE, Load, expect, expect_error, main


def connect(port, protocol, name=None):
    options = {"client_name": name} if name else {}
    return redis.Redis(port=port, protocol=protocol, decode_responses=True, retry=Retry(NoBackoff(), 0), **options)


def check(port, protocol, prefix):
    with connect(port, protocol, "sync-check") as r:
        expect("ping", r.ping(), True)
        expect("client name", r.client_getname(), "sync-check")
        expect("version", r.info("server")["redis_version"], "7.2.4")
        strings(r, prefix)
        hashes(r, prefix)
        lifetimes(r, prefix)
        scans(r, prefix)
        transactions(r, connect(port, protocol), prefix)
        scripts(r, prefix)
        locks(r, prefix)
        databases(r, port, protocol, prefix)


def strings(r, p):
    expect("set", r.set(p + "s", "v"), True)
    expect("get", r.get(p + "s"), "v")
    expect("get of an absent key", r.get(p + "none"), None)
    expect("set nx on a present key", r.set(p + "s", "w", nx=True), None)
    expect("set get", r.set(p + "s", "x", get=True), "v")
    expect("incr", [r.incr(p + "n"), r.incrby(p + "n", 41), r.decr(p + "n")], [1, 42, 41])
    expect("incrbyfloat", r.incrbyfloat(p + "f", "1.5"), 1.5)
    expect("mset", r.mset({p + "a": "1", p + "b": "2"}), True)
    expect("mget", r.mget(p + "a", p + "none", p + "b"), ["1", None, "2"])
    expect("append and getrange", [r.append(p + "a", "23"), r.getrange(p + "a", 1, 2)], [3, "23"])
    expect("del", r.delete(p + "a", p + "b", p + "none"), 2)
    big = "x" * 1_000_000
    expect("a megabyte", [r.set(p + "big", big), r.get(p + "big") == big, r.strlen(p + "big")], [True, True, len(big)])
    expect_error("wrong type", lambda: r.hget(p + "s", "f"), "WRONGTYPE|Operation against a key holding the wrong kind of value")


def hashes(r, p):
    expect("hset", r.hset(p + "h", mapping={"a": "1", "b": "2", "c": "3"}), 3)
    expect("hgetall", r.hgetall(p + "h"), {"a": "1", "b": "2", "c": "3"})
    expect("hmget", r.hmget(p + "h", "a", "none"), ["1", None])
    expect("hincrby", [r.hincrby(p + "h", "a", 9), r.hincrbyfloat(p + "h", "b", 0.5)], [10, 2.5])
    expect("hdel and hlen", [r.hdel(p + "h", "c"), r.hlen(p + "h")], [1, 2])
    expect("hexists", [r.hexists(p + "h", "a"), r.hexists(p + "h", "c")], [True, False])
    expect("hscan_iter", dict(r.hscan_iter(p + "h")), {"a": "10", "b": "2.5"})


def lifetimes(r, p):
    expect("set px", r.set(p + "e", "v", px=60_000), True)
    expect("pttl", 59_000 < r.pttl(p + "e") <= 60_000, True)
    expect("expire gt", [bool(r.expire(p + "e", 10, gt=True)), bool(r.expire(p + "e", 100, gt=True))], [False, True])
    expect("persist", [bool(r.persist(p + "e")), r.ttl(p + "e"), r.ttl(p + "none")], [True, -1, -2])
    r.set(p + "short", "v", px=30)
    time.sleep(0.05)
    expect("expired", [r.get(p + "short"), r.exists(p + "short")], [None, 0])


def scans(r, p):
    keys = {f"{p}scan:{i}" for i in range(300)}
    r.mset({key: "1" for key in keys})
    expect("scan_iter", set(r.scan_iter(match=p + "scan:*", count=50)), keys)
    expect("type", r.type(p + "h"), "hash")
    expect("scan of a type", set(r.scan_iter(match=p + "*", _type="hash")), {p + "h"})
    expect("unlink", r.unlink(*keys), 300)


def transactions(r, other, p):
    with r.pipeline() as pipe:
        pipe.set(p + "t", "1").incr(p + "t").get(p + "t")
        expect("multi", pipe.execute(), [True, 2, "2"])
        pipe.watch(p + "t")
        other.set(p + "t", "9")
        pipe.multi()
        pipe.set(p + "t", "lost")
        expect_error("watch", pipe.execute, "WatchError")
    expect("after watch", r.get(p + "t"), "9")
    with r.pipeline() as pipe:
        pipe.set(p + "t", "1").hget(p + "t", "f").incr(p + "t")
        replies = pipe.execute(raise_on_error=False)
        expect("an error inside of multi", [replies[0], type(replies[1]).__name__, replies[2]], [True, "ResponseError", 2])
    expect("transaction()", r.transaction(lambda pipe: pipe.multi() or pipe.incr(p + "t"), p + "t"), [3])
    with r.pipeline(transaction=False) as pipe:
        for i in range(1000):
            pipe.set(f"{p}p:{i}", i)
        for i in range(1000):
            pipe.get(f"{p}p:{i}")
        expect("pipeline", pipe.execute(), [True] * 1000 + [str(i) for i in range(1000)])
        for i in range(1000):
            pipe.delete(f"{p}p:{i}")
        expect("pipeline of del", pipe.execute(), [1] * 1000)


def scripts(r, p):
    expect("eval", r.eval("return {KEYS[1], ARGV[1], 3.9, true, false, {err='E'} ~= nil, 'after'}", 1, "k", "a"), ["k", "a", 3, 1, None, 1, "after"])
    expect_error("evalsha of an unknown script", lambda: r.evalsha("f" * 40, 0), "NoScriptError")
    script = r.register_script("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCRBY', KEYS[1], 2)")
    expect("register_script", [script(keys=[p + "script"], args=[40]), r.get(p + "script")], [42, "42"])
    sha = r.script_load("return redis.pcall('HGET', KEYS[1], 'f')")
    expect("script exists", r.script_exists(sha, "f" * 40), [True, False])
    expect_error("pcall's error", lambda: r.evalsha(sha, 1, p + "script"), "WRONGTYPE|Operation against a key")
    with r.pipeline() as pipe:
        script(keys=[p + "script"], args=[1], client=pipe)
        expect("a script inside of multi", pipe.execute(), [3])


def locks(r, p):
    lock = r.lock(p + "lock", timeout=20)
    expect("acquire", lock.acquire(blocking=False), True)
    expect("held", r.lock(p + "lock", timeout=20).acquire(blocking=False), False)
    expect("extend and reacquire", [lock.extend(10), lock.reacquire(), lock.owned()], [True, True, True])
    token = r.execute_command("LOCK.TOKEN", p + "lock")
    lock.release()
    expect("released", r.exists(p + "lock"), 0)
    lock.acquire(blocking=False)
    expect("the fencing token rises", r.execute_command("LOCK.TOKEN", p + "lock") > token, True)
    expect("release by another", r.eval(RELEASE, 1, p + "lock", "another"), 0)
    lock.release()


def databases(r, port, protocol, p):
    r.set(p + "db", "0")
    with redis.Redis(port=port, protocol=protocol, db=5, decode_responses=True) as five:
        five.set(p + "db", "5")
        expect("databases", [r.get(p + "db"), five.get(p + "db")], ["0", "5"])
        five.delete(p + "db")


def load(port, protocol, prefix):
    with connect(port, protocol) as r:
        release = r.register_script(RELEASE)
        work = Load()
        while work.goes_on():
            r.incr("load:counter")
            work.acknowledge()
            if work.is_lock_turn():
                expect("lock", r.set(prefix + "lock", "me", nx=True, px=30_000), True)
                expect("release", release(keys=[prefix + "lock"], args=["me"]), 1)
        return work


main(check, load)
