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
failures = []


def report(name, passed, text):
    print(f"{'ok  ' if passed else 'FAIL'} {name}: {text}", flush=True)
    if not passed:
        failures.append(name)


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def check_all(cluster, place, port):
    for name, (program, protocols) in CLIENTS.items():
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


def leader_kill(cluster):
    victim = cluster.leader()
    ports = [node.port for node in cluster.nodes if node is not victim]
    with client(ports[0]) as connection:
        connection.delete(COUNTER)
    loads = []
    for index, (name, (program, protocols)) in enumerate(CLIENTS.items()):
        command = [*program, "load", str(ports[index % len(ports)]), str(protocols[-1]), f"load:{name.replace(' ', '-')}:"]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        loads.append((name, process))
    begun = {name: process.stdout.readline() for name, process in loads}
    time.sleep(LOAD_BEFORE_KILL_S)
    victim.kill()
    time.sleep(LOAD_AFTER_KILL_S)
    acknowledged = 0
    for name, process in loads:
        try:
            output, _ = process.communicate("", timeout=CHECK_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            output += "\nno end"
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


def main():
    began = time.monotonic()
    program = os.environ.get("LOCKSTEP_BIN") or str(HERE.parents[1] / "target" / "debug" / "lockstep")
    with Cluster(program) as cluster:
        leader, follower = cluster.leader().port, cluster.followers()[0].port
        for place, port in (("follower", follower), ("leader", leader)):
            check_all(cluster, place, port)
            lock_suites(place, port)
        command_suites(leader, follower)
        leader_kill(cluster)
        if failures:
            for node in cluster.nodes:
                print(f"--- end of the log of {node.port} ---\n{node.log_end()}")
    print(f"{len(failures)} failed, {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
