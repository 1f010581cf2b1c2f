// node-redis.
import { createClient, defineScript } from "redis";
import { Load, RELEASE, expect, expectError, main } from "./common.mjs";

const scripts = {
  release: defineScript({
    SCRIPT: RELEASE,
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key, owner) {
      parser.pushKey(key);
      parser.push(owner);
    },
    transformReply: (reply) => reply,
  }),
};

async function connect(port, protocol, options = {}) {
  const client = createClient({ RESP: protocol, socket: { port, reconnectStrategy: false }, scripts, ...options });
  client.on("error", (error) => {
    console.log(error);
    process.exit(1);
  });
  return client.connect();
}

async function check(port, protocol, p) {
  const client = await connect(port, protocol, { name: "node-redis-check" });
  expect("ping", await client.ping(), "PONG");
  expect("client name", await client.clientGetName(), "node-redis-check");
  await values(client, p);
  await scan(client, p);
  await transactions(client, await connect(port, protocol), p);
  await locks(client, p);
  const five = await connect(port, protocol, { database: 5 });
  await five.set(p + "db", "5");
  expect("databases", [await client.get(p + "db"), await five.getDel(p + "db")], [null, "5"]);
}

async function values(client, p) {
  expect("set and get", [await client.set(p + "s", "v"), await client.get(p + "s"), await client.get(p + "none")], ["OK", "v", null]);
  expect("incr", [await client.incr(p + "n"), await client.incrBy(p + "n", 41)], [1, 42]);
  expect("mset and mget", [await client.mSet({ [p + "a"]: "1", [p + "b"]: "2" }), await client.mGet([p + "a", p + "none", p + "b"])], ["OK", ["1", null, "2"]]);
  expect("hset", await client.hSet(p + "h", { a: "1", b: "2" }), 2);
  expect("hgetall", await client.hGetAll(p + "h"), { a: "1", b: "2" });
  expect("hincrby and hdel", [await client.hIncrBy(p + "h", "a", 4), await client.hDel(p + "h", "b")], [5, 1]);
  expect("expire", [await client.expire(p + "s", 100), await client.ttl(p + "s"), await client.persist(p + "s"), await client.pTTL(p + "s")], [1, 100, 1, -1]);
  await expectError("wrong type", client.hGet(p + "s", "f"), "WRONGTYPE Operation against a key holding the wrong kind of value");
}

async function scan(client, p) {
  await client.mSet(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${p}scan:${i}`, "1"])));
  const found = new Set();
  for await (const keys of client.scanIterator({ MATCH: p + "scan:*", COUNT: 20 })) keys.forEach((key) => found.add(key));
  expect("scanIterator", found.size, 200);
  expect("unlink", await client.unlink([...found]), 200);
}

async function transactions(client, other, p) {
  expect("multi", await client.multi().set(p + "t", "1").incr(p + "t").get(p + "t").exec(), ["OK", 2, "2"]);
  await client.watch(p + "t");
  await other.set(p + "t", "9");
  await expectError("watch", client.multi().set(p + "t", "lost").exec(), "watched keys has been changed");
  expect("after watch", await client.get(p + "t"), "9");
  const many = await Promise.all(Array.from({ length: 1000 }, () => client.incr(p + "pipe")));
  expect("pipeline", many, Array.from({ length: 1000 }, (_, i) => i + 1));
}

async function locks(client, p) {
  expect("eval", await client.eval("return {KEYS[1], ARGV[1], 3.9}", { keys: ["k"], arguments: ["a"] }), ["k", "a", 3]);
  await expectError("evalsha of an unknown script", client.evalSha("c".repeat(40)), "NOSCRIPT No matching script. Please use EVAL.");
  const options = { expiration: { type: "PX", value: 20000 }, condition: "NX" };
  expect("set nx px", [await client.set(p + "lock", "me", options), await client.set(p + "lock", "you", options)], ["OK", null]);
  expect("release", [await client.release(p + "lock", "you"), await client.release(p + "lock", "me")], [0, 1]);
}

async function load(port, protocol, prefix) {
  const client = await connect(port, protocol);
  const options = { expiration: { type: "PX", value: 30000 }, condition: "NX" };
  const work = new Load();
  while (work.goesOn) {
    await client.incr("load:counter");
    if (work.acknowledge()) {
      expect("lock", await client.set(prefix + "lock", "me", options), "OK");
      expect("release", await client.release(prefix + "lock", "me"), 1);
    }
  }
  work.print();
}

await main(check, load);
