// ioredis, and the lock library redlock on top of it.
import Redis from "ioredis";
import Redlock from "redlock";
import { Load, RELEASE, expect, expectError, main } from "./common.mjs";

function connect(port, protocol, options = {}) {
  const redis = new Redis({
    port,
    protocol,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    ...options,
  });
  redis.on("error", (error) => {
    console.log(error);
    process.exit(1);
  });
  return redis;
}

async function check(port, protocol, p) {
  const redis = connect(port, protocol, { connectionName: "ioredis-check" });
  expect("ping", await redis.ping(), "PONG");
  expect("client name", await redis.client("GETNAME"), "ioredis-check");
  await values(redis, p);
  await scan(redis, p);
  await transactions(redis, connect(port, protocol), p);
  await scripts(redis, p);
  await locks(redis, p);
  const five = connect(port, protocol, { db: 5 });
  await five.set(p + "db", "5");
  expect("databases", [await redis.get(p + "db"), await five.getdel(p + "db")], [null, "5"]);
}

async function values(redis, p) {
  expect("set and get", [await redis.set(p + "s", "v"), await redis.get(p + "s"), await redis.get(p + "none")], ["OK", "v", null]);
  expect("set nx", await redis.set(p + "s", "w", "NX"), null);
  expect("incr", [await redis.incr(p + "n"), await redis.incrby(p + "n", 41)], [1, 42]);
  expect("mset and mget", [await redis.mset(p + "a", "1", p + "b", "2"), await redis.mget(p + "a", p + "none", p + "b")], ["OK", ["1", null, "2"]]);
  const binary = Buffer.from([0, 255, 13, 10]);
  await redis.set(p + "bin", binary);
  expect("binary", [...(await redis.getBuffer(p + "bin"))], [...binary]);
  expect("hset", await redis.hset(p + "h", { a: "1", b: "2" }), 2);
  expect("hgetall", await redis.hgetall(p + "h"), { a: "1", b: "2" });
  expect("hincrby and hdel", [await redis.hincrby(p + "h", "a", 4), await redis.hdel(p + "h", "b")], [5, 1]);
  expect("expire", [await redis.expire(p + "s", 100), await redis.ttl(p + "s"), await redis.persist(p + "s"), await redis.pttl(p + "s")], [1, 100, 1, -1]);
  await expectError("wrong type", redis.hget(p + "s", "f"), "WRONGTYPE Operation against a key holding the wrong kind of value");
}

async function scan(redis, p) {
  await redis.mset(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${p}scan:${i}`, "1"])));
  const found = new Set();
  for await (const keys of redis.scanStream({ match: p + "scan:*", count: 20 })) keys.forEach((key) => found.add(key));
  expect("scanStream", found.size, 200);
  expect("unlink", await redis.unlink(...found), 200);
}

async function transactions(redis, other, p) {
  expect("multi", await redis.multi().set(p + "t", "1").incr(p + "t").get(p + "t").exec(), [[null, "OK"], [null, 2], [null, "2"]]);
  await redis.watch(p + "t");
  await other.set(p + "t", "9");
  expect("watch", await redis.multi().set(p + "t", "lost").exec(), null);
  expect("after watch", await redis.get(p + "t"), "9");
  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; i += 1) pipeline.incr(p + "pipe");
  expect("pipeline", (await pipeline.exec()).map(([, reply]) => reply), Array.from({ length: 1000 }, (_, i) => i + 1));
  const many = await Promise.all(Array.from({ length: 300 }, () => redis.incr(p + "many")));
  expect("many at a time", many, Array.from({ length: 300 }, (_, i) => i + 1));
}

async function scripts(redis, p) {
  expect("eval", await redis.eval("return {KEYS[1], ARGV[1], 3.9}", 1, "k", "a"), ["k", "a", 3]);
  await expectError("evalsha of an unknown script", redis.evalsha("d".repeat(40), 0), "NOSCRIPT No matching script. Please use EVAL.");
  redis.defineCommand("addTo", { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])" });
  expect("defineCommand", [await redis.addTo(p + "script", 2), await redis.addTo(p + "script", 3)], [2, 5]);
  expect("a script inside of multi", await redis.multi().addTo(p + "script", 1).exec(), [[null, 6]]);
}

async function locks(redis, p) {
  expect("set nx px", [await redis.set(p + "lock", "me", "PX", 20000, "NX"), await redis.set(p + "lock", "you", "PX", 20000, "NX")], ["OK", null]);
  expect("release", [await redis.eval(RELEASE, 1, p + "lock", "you"), await redis.eval(RELEASE, 1, p + "lock", "me")], [0, 1]);
  const redlock = new Redlock([redis], { retryCount: 0 });
  let lock = await redlock.acquire([p + "redlock"], 20000);
  await expectError("redlock: held", redlock.acquire([p + "redlock"], 20000), "quorum");
  lock = await lock.extend(20000);
  await lock.release();
  expect("redlock: released", await redis.exists(p + "redlock"), 0);
}

async function load(port, protocol, prefix) {
  const redis = connect(port, protocol);
  redis.defineCommand("release", { numberOfKeys: 1, lua: RELEASE });
  await redis.ping();
  const work = new Load();
  while (work.goesOn) {
    await redis.incr("load:counter");
    if (work.acknowledge()) {
      expect("lock", await redis.set(prefix + "lock", "me", "PX", 30000, "NX"), "OK");
      expect("release", await redis.release(prefix + "lock", "me"), 1);
    }
  }
  work.print();
}

await main(check, load);
