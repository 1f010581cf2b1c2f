// ioredis' Cluster, as it comes.
import Redis from "ioredis";
import { ClusterLoad, RELEASE, expect, expectError, main } from "./common.mjs";

function connect(port, protocol, options = {}) {
  const cluster = new Redis.Cluster([{ host: "127.0.0.1", port }], { redisOptions: { protocol }, ...options });
  cluster.on("error", (error) => console.log(error));
  return cluster;
}

const ready = (cluster) => new Promise((resolve) => cluster.once("ready", resolve));

async function check(port, protocol, p) {
  const cluster = connect(port, protocol);
  await ready(cluster);
  // The others are connected to when they are needed, so they are counted by what the first one knows.
  expect("one master", cluster.nodes("master").length, 1);
  expect("replicas", cluster.nodes("slave").length, 2);
  for (let i = 0; i < 100; i += 1) await cluster.set(p + i, i);
  const read = await Promise.all(Array.from({ length: 100 }, (_, i) => cluster.get(p + i)));
  expect("get", read, Array.from({ length: 100 }, (_, i) => String(i)));
  expect("mset and mget of one slot", [await cluster.mset(`{${p}}a`, 1, `{${p}}b`, 2), await cluster.mget(`{${p}}a`, `{${p}}b`)], ["OK", ["1", "2"]]);
  expect("multi", await cluster.multi().set(`{${p}}t`, 1).incr(`{${p}}t`).exec(), [[null, "OK"], [null, 2]]);
  const pipeline = cluster.pipeline();
  for (let i = 0; i < 100; i += 1) pipeline.incr(`{${p}}pipe`);
  expect("pipeline", (await pipeline.exec()).map(([, reply]) => reply), Array.from({ length: 100 }, (_, i) => i + 1));
  expect("release", [await cluster.set(p + "lock", "me", "PX", 20000, "NX"), await cluster.eval(RELEASE, 1, p + "lock", "me")], ["OK", 1]);
  cluster.defineCommand("addTo", { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])" });
  expect("defineCommand", [await cluster.addTo(p + "script", 2), await cluster.addTo(p + "script", 3)], [2, 5]);
  await expectError("keys of several slots", cluster.mget("a", "b"), "CROSSSLOT Keys in request don't hash to the same slot");
  for (const node of cluster.nodes()) {
    await expectError("another database", node.call("SELECT", 1), "ERR SELECT is not allowed in cluster mode");
    expect("any node", await node.get(p + 7), "7");
  }
  const found = new Set();
  for (const node of cluster.nodes("master")) {
    for await (const keys of node.scanStream({ match: p + "*", count: 20 })) keys.forEach((key) => found.add(key));
  }
  expect("scanStream", [...found].filter((key) => /:\d+$/.test(key)).length, 100);
  const replicas = connect(port, protocol, { scaleReads: "slave" });
  await ready(replicas);
  expect("reads of replicas", await Promise.all([0, 1, 2, 3].map((i) => replicas.get(p + i))), ["0", "1", "2", "3"]);
  const subscriber = connect(port, protocol, { shardedSubscribers: true });
  await ready(subscriber);
  const message = new Promise((resolve) => subscriber.on("smessage", (channel, text) => resolve([channel, text])));
  await subscriber.ssubscribe(p + "shard");
  expect("spublish", await cluster.spublish(p + "shard", "hello"), 1);
  expect("smessage", await message, [p + "shard", "hello"]);
}

async function load(port, protocol, prefix) {
  const cluster = connect(port, protocol);
  await ready(cluster);
  await new ClusterLoad().run((i) => cluster.sadd(`${prefix}{${i % 10}}`, i));
}

await main(check, load);
