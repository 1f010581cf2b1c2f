"""redis-py, asyncio."""

import asyncio

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ResponseError, WatchError

from common import RELEASE, Load, expect, expect_raised, main

WORKERS = 8


def connect(port, protocol, **options):
    return redis.Redis(port=port, protocol=protocol, decode_responses=True, retry=Retry(NoBackoff(), 0), **options)


async def raises(what, call, wanted):
    try:
        got = await call
    except Exception as error:
        expect_raised(what, error, wanted)
    else:
        raise SystemExit(f"{what}: got {got!r}, wanted an error: {wanted}")


async def checks(port, protocol, p):
    r = connect(port, protocol, client_name="async-check")
    expect("ping", await r.ping(), True)
    expect("client name", await r.client_getname(), "async-check")
    await values(r, p)
    await transactions(r, p)
    await scripts(r, p)
    await locks(r, p)
    # Many connections of one pool at a time.
    await asyncio.gather(*(r.incr(p + "many") for _ in range(80)))
    expect("many at a time", await r.get(p + "many"), "80")
    await r.aclose()


async def values(r, p):
    expect("set and get", [await r.set(p + "s", "v"), await r.get(p + "s"), await r.get(p + "none")], [True, "v", None])
    expect("incr", [await r.incr(p + "n"), await r.decrby(p + "n", 3)], [1, -2])
    expect("mset and mget", [await r.mset({p + "a": "1", p + "b": "2"}), await r.mget(p + "a", p + "none", p + "b")], [True, ["1", None, "2"]])
    expect("hset", await r.hset(p + "h", mapping={"a": "1", "b": "2"}), 2)
    expect("hgetall", await r.hgetall(p + "h"), {"a": "1", "b": "2"})
    expect("expire", [await r.expire(p + "s", 100), 98 < await r.ttl(p + "s") <= 100, await r.persist(p + "s")], [True, True, True])
    await r.mset({f"{p}scan:{i}": "1" for i in range(100)})
    found = {key async for key in r.scan_iter(match=p + "scan:*", count=20)}
    expect("scan_iter", len(found), 100)
    expect("del", await r.delete(*found), 100)
    await raises("wrong type", r.hget(p + "s", "f"), "Operation against a key holding the wrong kind of value")


async def transactions(r, p):
    async with r.pipeline() as pipe:
        pipe.set(p + "t", "1").incr(p + "t").get(p + "t")
        expect("multi", await pipe.execute(), [True, 2, "2"])
        await pipe.watch(p + "t")
        await r.set(p + "t", "9")
        pipe.multi()
        pipe.set(p + "t", "lost")
        await raises("watch", pipe.execute(), WatchError.__name__)
    expect("after watch", await r.get(p + "t"), "9")
    async with r.pipeline(transaction=False) as pipe:
        for i in range(500):
            pipe.hset(p + "ph", str(i), i)
            pipe.hget(p + "ph", str(i))
        replies = await pipe.execute()
        expect("pipeline", replies, [reply for i in range(500) for reply in (1, str(i))])


async def scripts(r, p):
    expect("eval", await r.eval("return {KEYS[1], ARGV[1], 7}", 1, "k", "a"), ["k", "a", 7])
    await raises("evalsha of an unknown script", r.evalsha("e" * 40, 0), NoScriptError.__name__)
    script = r.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    expect("register_script", [await script(keys=[p + "script"], args=[2]), await script(keys=[p + "script"], args=[3])], [2, 5])
    await raises("an error of the script's own", r.eval("return redis.error_reply('MINE it failed')", 0), ResponseError.__name__)


async def locks(r, p):
    lock = r.lock(p + "lock", timeout=20)
    expect("acquire", await lock.acquire(blocking=False), True)
    expect("held", await r.lock(p + "lock", timeout=20).acquire(blocking=False), False)
    expect("extend and owned", [await lock.extend(10), await lock.owned()], [True, True])
    await lock.release()
    # Mutual exclusion: nobody finds another's mark.
    inside, most = 0, 0

    async def enter():
        nonlocal inside, most
        async with r.lock(p + "mutex", timeout=20, sleep=0.01):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.002)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(WORKERS)))
    expect("one at a time", most, 1)


async def loads(port, protocol, prefix):
    r = connect(port, protocol)
    await r.ping()
    release = r.register_script(RELEASE)
    work = Load()
    while work.goes_on():
        await r.incr("load:counter")
        work.acknowledge()
        if work.is_lock_turn():
            expect("lock", await r.set(prefix + "lock", "me", nx=True, px=30_000), True)
            expect("release", await release(keys=[prefix + "lock"], args=["me"]), 1)
    await r.aclose()
    return work


main(lambda *args: asyncio.run(checks(*args)), lambda *args: asyncio.run(loads(*args)))
