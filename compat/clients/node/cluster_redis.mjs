// node-redis' cluster, as it comes.
import { createCluster } from "redis";
import { ClusterLoad, RELEASE, expect, expectError, main } from "./common.mjs";

async function connect(port, protocol, options = {}) {
  const cluster = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }], RESP: protocol, ...options });
  cluster.on("error", (error) => console.log(error));
  await cluster.connect();
  return cluster;
}

async function check(port, protocol, p) {
  const cluster = await connect(port, protocol);
  expect("nodes", [cluster.masters.length, cluster.replicas.length, new Set(cluster.slots.map((slot) => slot.master.address)).size], [1, 0, 1]);
  // It knows of replicas only when it is to read from them.
  for (let i = 0; i < 100; i += 1) await cluster.set(p + i, String(i));
  const read = await Promise.all(Array.from({ length: 100 }, (_, i) => cluster.get(p + i)));
  expect("get", read, Array.from({ length: 100 }, (_, i) => String(i)));
  expect("mset and mget of one slot", [await cluster.mSet({ [`{${p}}a`]: "1", [`{${p}}b`]: "2" }), await cluster.mGet([`{${p}}a`, `{${p}}b`])], ["OK", ["1", "2"]]);
  expect("multi", await cluster.multi().set(`{${p}}t`, "1").incr(`{${p}}t`).exec(), ["OK", 2]);
  expect("lock", await cluster.set(p + "lock", "me", { NX: true, PX: 20000 }), "OK");
  expect("release", await cluster.eval(RELEASE, { keys: [p + "lock"], arguments: ["me"] }), 1);
  const node = await cluster.nodeClient(cluster.masters[0]);
  // The cluster would ask for each slot by itself.
  await expectError("keys of several slots", node.mGet(["a", "b"]), "CROSSSLOT Keys in request don't hash to the same slot");
  await expectError("another database", node.sendCommand(["SELECT", "1"]), "SELECT is not allowed in cluster mode");
  expect("cluster info", (await node.clusterInfo()).includes("cluster_state:ok"), true);
  expect("slots", (await node.clusterSlots()).map(({ from, to, replicas }) => [from, to, replicas.length]), [[0, 16383, 2]]);
  expect("key slot", [await node.clusterKeySlot("foo"), (await node.clusterMyId()).length, (await node.clusterNodes()).trim().split("\n").length], [12182, 40, 3]);
  const found = [];
  for await (const keys of node.scanIterator({ MATCH: p + "*", COUNT: 20 })) found.push(...keys);
  expect("scanIterator", new Set(found.filter((key) => /:\d+$/.test(key))).size, 100);
  const message = Promise.withResolvers ? Promise.withResolvers() : withResolvers();
  await cluster.sSubscribe(p + "shard", (text) => message.resolve(text));
  expect("spublish", [await cluster.sPublish(p + "shard", "hello"), await message.promise], [1, "hello"]);
  const replicas = await connect(port, protocol, { useReplicas: true });
  expect("replicas", replicas.replicas.length, 2);
  expect("reads of replicas", await Promise.all([0, 1, 2, 3].map((i) => replicas.get(p + i))), ["0", "1", "2", "3"]);
}

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}

async function load(port, protocol, prefix) {
  const cluster = await connect(port, protocol);
  await new ClusterLoad().run((i) => cluster.sAdd(`${prefix}{${i % 10}}`, String(i)));
}

await main(check, load);
