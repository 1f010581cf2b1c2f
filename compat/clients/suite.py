"""Runs every client against three nodes: its checks through a follower and through the leader, in both protocols, and a
load on the surviving nodes while the leader is killed. One line for each; exit code 1 if any failed.

A client is a program `check <port> <protocol> <prefix>`, which ends with 0 if all is as Redis has it, and `load <port> <protocol>
<prefix>`, which prints `ready`, writes until its standard input ends, and prints what it did as JSON. Each load has its
reconnections and retries switched off: a failover has to be a pause, not an error.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import redis_py
from cluster import Cluster, client, wait_for

HERE = Path(__file__).parent
PYTHON = sys.executable
RUST = str(HERE / "target" / "debug" / "lockstep-compat-redis-rs")
CHECK_TIMEOUT_S = 120
LOAD_BEFORE_KILL_S = 2
LOAD_AFTER_KILL_S = 3
# Counts of the loads that were acknowledged meet in this key.
COUNTER = "load:counter"

CLIENTS = {
    "redis-cli": ([PYTHON, str(HERE / "python" / "check_cli.py")], [2, 3]),
    "redis-py": ([PYTHON, str(HERE / "python" / "check_sync.py")], [2, 3]),
    "redis-py asyncio": ([PYTHON, str(HERE / "python" / "check_async.py")], [2, 3]),
    "ioredis": (["node", str(HERE / "node" / "ioredis.mjs")], [2, 3]),
    "node-redis": (["node", str(HERE / "node" / "redis.mjs")], [2, 3]),
    "redis-rs": ([RUST], [2, 3]),
}
# The same of clients of Redis Cluster, on nodes with `cluster-enabled yes`: they find nodes, and the next leader, by themselves.
CLUSTER_FLAGS = ["--cluster-enabled", "yes"]
CLUSTER_CLIENTS = {
    "redis-cli -c and --cluster": ([PYTHON, str(HERE / "python" / "check_cluster_cli.py")], [2, 3]),
    "RedisCluster of redis-py": ([PYTHON, str(HERE / "python" / "check_cluster.py")], [2, 3]),
    "Cluster of ioredis": (["node", str(HERE / "node" / "cluster_ioredis.mjs")], [2, 3]),
    "createCluster of node-redis": (["node", str(HERE / "node" / "cluster_redis.mjs")], [2, 3]),
    "ClusterClient of redis-rs": ([RUST, "cluster"], [2, 3]),
}
CHECKED_ONLY = "redis-cli -c and --cluster"
# node-redis looks for another leader after five seconds.
CLUSTER_LOAD_AFTER_KILL_S = 9
failures = []


def report(name, passed, text):
    print(f"{'ok  ' if passed else 'FAIL'} {name}: {text}", flush=True)
    if not passed:
        failures.append(name)


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def check_all(clients, place, port):
    for name, (program, protocols) in clients.items():
        for protocol in protocols:
            prefix = f"{name.replace(' ', '-')}:{place}:{protocol}:"
            command = [*program, "check", str(port), str(protocol), prefix]
            run_one(f"{name}, RESP{protocol}, {place}", command)


def lock_suites(place, port):
    """redis-py's own tests of its lock, from its source package."""
    source = next((HERE / ".venv" / "source").glob("redis-*/tests")).parent
    for protocol in (2, 3):
        command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--asyncio-mode=auto"]
        command += [f"--redis-url=redis://127.0.0.1:{port}/9", f"--protocol={protocol}"]
        command += ["tests/test_lock.py", "tests/test_asyncio/test_lock.py"]
        run_one(f"redis-py's test_lock, RESP{protocol}, {place}", command, cwd=source)


def command_suites(leader, follower):
    """redis-py's own tests of its commands, from its source package: see redis_py.py."""
    for port, protocol in [(follower, 3), (leader, 2)] if redis_py.LONG else [(follower, 3)]:
        began = time.monotonic()
        passed, text = redis_py.run(port, protocol)
        report(f"redis-py's own tests of its commands, RESP{protocol}", passed, f"{text} ({time.monotonic() - began:.1f} s)")


def run_one(name, command, cwd=None):
    began = time.monotonic()
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=CHECK_TIMEOUT_S)
    except subprocess.TimeoutExpired as expired:
        report(name, False, f"no end after {CHECK_TIMEOUT_S} s:\n{(expired.stdout or b'')[-2000:]}")
        return
    passed = done.returncode == 0
    report(name, passed, f"{last_line(done.stdout)} ({time.monotonic() - began:.1f} s)")
    if not passed:
        print((done.stdout + done.stderr)[-4000:], flush=True)


def start_load(name, program, protocols, port):
    command = [*program, "load", str(port), str(protocols[-1]), f"load:{name.replace(' ', '-')}:"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end_load(process):
    try:
        output, _ = process.communicate("", timeout=CHECK_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        output += "\nno end"
    return output


def cluster_leader_kill(cluster):
    """Every acknowledged write has to be there, whatever errors the client has told meanwhile; and it has to go on."""
    victim = cluster.leader()
    survivors = [node.port for node in cluster.nodes if node is not victim]
    clients = [(name, *how) for name, how in CLUSTER_CLIENTS.items() if name != CHECKED_ONLY]
    # From one node each finds the others; the one that it began with stays, because node-redis asks that one for the next leader.
    loads = [(name, start_load(name, *how, survivors[at % len(survivors)])) for at, (name, *how) in enumerate(clients)]
    begun = {name: process.stdout.readline() for name, process in loads}
    time.sleep(LOAD_BEFORE_KILL_S)
    victim.kill()
    time.sleep(CLUSTER_LOAD_AFTER_KILL_S)
    for name, process in loads:
        output = end_load(process)
        try:
            result = json.loads(last_line(output))
        except ValueError:
            report(f"{name}, leader killed", False, f"ended with {process.returncode}:\n{begun[name]}{output[-2000:]}")
            continue
        prefix, wanted = f"load:{name.replace(' ', '-')}:", result["acknowledged"]
        with client(survivors[0]) as connection:
            kept = {int(member) for tag in range(10) for member in connection.smembers(f"{prefix}{{{tag}}}")}
        lost = set(range(wanted)) - kept
        pause, errors = result["longest_pause_ms"], result["errors"]
        passed = process.returncode == 0 and wanted > 0 and not lost and pause < CLUSTER_LOAD_AFTER_KILL_S * 1000
        text = f"{wanted} acknowledged, {len(lost)} lost, longest pause {pause} ms, errors told: {errors}"
        report(f"{name}, leader killed", passed, text)


def leader_kill(cluster):
    victim = cluster.leader()
    ports = [node.port for node in cluster.nodes if node is not victim]
    with client(ports[0]) as connection:
        connection.delete(COUNTER)
    loads = []
    for index, (name, (program, protocols)) in enumerate(CLIENTS.items()):
        process = start_load(name, program, protocols, ports[index % len(ports)])
        loads.append((name, process))
    begun = {name: process.stdout.readline() for name, process in loads}
    time.sleep(LOAD_BEFORE_KILL_S)
    victim.kill()
    time.sleep(LOAD_AFTER_KILL_S)
    acknowledged = 0
    for name, process in loads:
        output = end_load(process)
        try:
            result = json.loads(last_line(output))
            acknowledged += result["acknowledged"]
            text = f"{result['acknowledged']} increments, longest pause {result['longest_pause_ms']} ms"
        except (ValueError, KeyError, TypeError):
            text = f"ended with {process.returncode}:\n{begun[name]}{output[-2000:]}"
        report(f"{name}, leader killed", process.returncode == 0, text)
    with client(ports[0]) as connection:
        counter = int(connection.get(COUNTER) or 0)
    report("counter", counter == acknowledged > 0, f"{counter}, acknowledged {acknowledged}")
    victim.start()
    cluster.wait_complete(ports[0])

    def sees_all():
        with client(victim.port) as connection:
            return int(connection.get(COUNTER) or 0) == counter

    wait_for(sees_all, f"the killed node reads {counter}", victim)
    report("killed node", True, "is back and reads the same")


def show_logs(cluster):
    if failures:
        for node in cluster.nodes:
            print(f"--- end of the log of {node.port} ---\n{node.log_end()}")


def main():
    began = time.monotonic()
    program = os.environ.get("LOCKSTEP_BIN") or str(HERE.parents[1] / "target" / "debug" / "lockstep")
    with Cluster(program) as cluster:
        leader, follower = cluster.leader().port, cluster.followers()[0].port
        for place, port in (("follower", follower), ("leader", leader)):
            check_all(CLIENTS, place, port)
            lock_suites(place, port)
        command_suites(leader, follower)
        leader_kill(cluster)
        show_logs(cluster)
    with Cluster(program, CLUSTER_FLAGS) as cluster:
        for place, port in (("follower", cluster.followers()[0].port), ("leader", cluster.leader().port)):
            check_all(CLUSTER_CLIENTS, place, port)
        cluster_leader_kill(cluster)
        show_logs(cluster)
    print(f"{len(failures)} failed, {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
