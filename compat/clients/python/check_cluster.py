"""redis-py's RedisCluster, as it comes: its own topology, retries and reconnections."""

import redis
from redis.cluster import RedisCluster

from common import RELEASE, ClusterLoad, expect, expect_error, main


def connect(port, protocol, **options):
    return RedisCluster(host="127.0.0.1", port=port, protocol=protocol, decode_responses=True, **options)


def check(port, protocol, prefix):
    with connect(port, protocol) as r:
        topology(r)
        values(r, prefix)
        slots(r, prefix)
        transactions(r, prefix)
        messages(r, prefix)
        refusals(r)
    with connect(port, protocol, read_from_replicas=True) as r:
        expect("read of a replica", [r.get(f"{prefix}{i}") for i in range(20)], [str(i) for i in range(20)])


def topology(r):
    expect("nodes", [len(r.get_nodes()), len(r.get_primaries()), len(r.get_replicas())], [3, 1, 2])
    info = r.cluster_info()
    expect("state", [info["cluster_state"], info["cluster_slots_assigned"], info["cluster_known_nodes"]], ["ok", "16384", "3"])
    primary = r.get_primaries()[0]
    nodes = r.cluster_nodes()
    expect("flags", sorted(node["flags"].replace("myself,", "") for node in nodes.values()), ["master", "slave", "slave"])
    expect("slots", nodes[primary.name]["slots"], [["0", "16383"]])
    name = r.cluster_myid(primary)
    expect("id", [len(name), name], [40, nodes[primary.name]["node_id"]])
    expect("replicas", len(r.cluster_replicas(name)), 2)
    expect("failure reports", r.cluster_count_failure_report(name), 0)
    shard = r.cluster_shards()[0]
    # In RESP2 redis-py makes pairs of them.
    expect("shards", [shard["slots"] in ([0, 16383], [(0, 16383)]), len(shard["nodes"])], [True, 3])
    expect("one shard", len({r.get_redis_connection(node).execute_command("CLUSTER MYSHARDID") for node in r.get_nodes()}), 1)
    expect("slots of nodes", list(r.cluster_slots()), [(0, 16383)])
    for node in r.get_nodes():
        expect("mode", r.info("cluster", target_nodes=node)["cluster_enabled"], 1)
        expect("asking", r.execute_command("ASKING", target_nodes=node), True)


def values(r, p):
    for i in range(100):
        expect("set", r.set(f"{p}{i}", i), True)
    expect("get", [r.get(f"{p}{i}") for i in range(100)], [str(i) for i in range(100)])
    expect("mset_nonatomic", set(r.mset_nonatomic({f"{p}m{i}": i for i in range(50)})), {True})
    expect("mget_nonatomic", r.mget_nonatomic(f"{p}m{i}" for i in range(50)), [str(i) for i in range(50)])
    expect("mget of one slot", [r.mset({f"{{{p}}}a": 1, f"{{{p}}}b": 2}), r.mget(f"{{{p}}}a", f"{{{p}}}b")], [True, ["1", "2"]])
    expect("scan_iter", len(set(r.scan_iter(match=f"{p}m*", count=20))), 50)
    expect("del of many slots", r.delete(*(f"{p}m{i}" for i in range(50))), 50)
    with r.pipeline() as pipe:
        for i in range(100):
            pipe.incr(f"{p}pipe{i % 10}")
        expect("pipeline", sorted(pipe.execute()), sorted(list(range(1, 11)) * 10))
    expect("lock", [r.set(f"{p}lock", "me", nx=True, px=20_000), r.eval(RELEASE, 1, f"{p}lock", "me")], [True, 1])
    with r.lock(f"{p}redis-py-lock", timeout=20):
        expect("lock held", r.exists(f"{p}redis-py-lock"), 1)


def slots(r, p):
    slot = r.keyslot(f"{{{p}}}a")
    expect("keyslot", r.cluster_keyslot(f"{{{p}}}a"), slot)
    count = r.cluster_countkeysinslot(slot)
    found = r.cluster_get_keys_in_slot(slot, 1000)
    expect("keys in a slot", [len(found), {r.keyslot(key) for key in found}], [count, {slot}])
    expect("the same on every node", {r.get_redis_connection(node).execute_command("CLUSTER COUNTKEYSINSLOT", slot) for node in r.get_nodes()}, {count})


def transactions(r, p):
    with r.pipeline(transaction=True) as pipe:
        pipe.set(f"{{{p}}}t", 1)
        pipe.incr(f"{{{p}}}t")
        expect("transaction", pipe.execute(), ["OK", 2])
    for node in r.get_nodes():
        expect("a write through any node", r.get_redis_connection(node).incr(f"{p}any{node.port}"), 1)


def messages(r, p):
    pubsub = r.pubsub()
    pubsub.ssubscribe(p + "shard")
    expect("ssubscribe", wait(pubsub, True)["type"], "ssubscribe")
    expect("spublish", r.spublish(p + "shard", "hello"), 1)
    expect("sharded message", wait(pubsub, True)["data"], "hello")
    pubsub.close()


def wait(pubsub, sharded):
    for _ in range(100):
        message = pubsub.get_sharded_message(timeout=0.1) if sharded else pubsub.get_message(timeout=0.1)
        if message:
            return message
    raise SystemExit("no message")


def refusals(r):
    for node in r.get_nodes():
        one = r.get_redis_connection(node)
        expect_error("keys of several slots", lambda one=one: one.execute_command("MGET", "a", "b"), "Keys in request don't hash to the same slot")
        expect_error("a script's keys", lambda one=one: one.eval("return 1", 2, "a", "b"), "Keys in request don't hash to the same slot")
        expect_error("another database", lambda one=one: one.execute_command("SELECT", 1), "SELECT is not allowed in cluster mode")
        expect_error("failover", lambda one=one: one.execute_command("CLUSTER", "FAILOVER"), "RAFT.TRANSFER")


def load(port, protocol, prefix):
    r = connect(port, protocol)
    work = ClusterLoad()
    while work.goes_on():
        try:
            r.sadd(f"{prefix}{{{work.acknowledged % 10}}}", work.acknowledged)
        except redis.RedisError as error:
            work.failed(error)
        else:
            work.acknowledge()
    return work


main(check, load)
