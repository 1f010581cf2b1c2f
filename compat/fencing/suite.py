"""Holders of a lock that are stopped past its TTL and go on as if they still held it: the other half of a safe lock is the resource that refuses
them.

For each resource, with its guard and without, and all at once: processes take one of LOCKS locks, read its token, and are stopped (SIGSTOP) before
they write, until the lock has expired and the next holder has written; then they are continued, and write. With the guard no such write may be
accepted; without it each is. The leader is killed while this runs.
"""

import contextlib
import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import holders
import resources
from cluster import Cluster

HOLDERS = int(os.environ.get("LOCKSTEP_FENCING_HOLDERS", "200"))
LOCKS = 20
TTL_MS = 300
KILLS_APART_S = 3


def start_player(port, resource, is_guarded, key):
    """A process that plays one lock's holders; gives the pipe that its result comes by."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid:
        os.close(theirs)
        return pid, ours
    os.close(ours)
    try:
        result = holders.play(port, resource, is_guarded, key, TTL_MS, HOLDERS // LOCKS)
    except BaseException:
        result = traceback.format_exc()
    os.write(theirs, json.dumps(result).encode()[:60000])
    os._exit(0)


def kill_leader_until_done(cluster, pids):
    """Kills the node that led at the start, each time that it is back, until all have ended. Returns the number of kills."""
    kills, victim = 0, cluster.nodes[0]
    left = set(pids)
    next_kill = time.monotonic() + 1
    while left:
        for pid in list(left):
            if os.waitpid(pid, os.WNOHANG)[0]:
                left.discard(pid)
        if time.monotonic() > next_kill:
            victim.kill()
            time.sleep(0.5)
            victim.start()
            kills += 1
            next_kill = time.monotonic() + KILLS_APART_S
        time.sleep(0.02)
    return kills


def read_all(pipe):
    with os.fdopen(pipe) as file:
        return json.loads(file.read())


def run(cluster, resource):
    ports = [node.port for node in cluster.nodes[1:]]
    players = []
    for is_guarded in (True, False):
        for index in range(LOCKS):
            key = f"{type(resource).__name__}-{is_guarded}-{index}"
            players.append((is_guarded, *start_player(ports[index % 2], resource, is_guarded, key)))
    kills = kill_leader_until_done(cluster, [pid for _, pid, _ in players])
    passed = True
    for is_guarded in (True, False):
        late = accepted = 0
        for _, _, pipe in (player for player in players if player[0] == is_guarded):
            result = read_all(pipe)
            if isinstance(result, str):
                print(f"FAIL {resource.name}: {result}", flush=True)
                passed = False
                continue
            late, accepted = late + result[0], accepted + result[1]
        fine = (accepted == 0) if is_guarded else (0 < accepted == late)
        passed &= fine
        kind = "with its guard" if is_guarded else "without it"
        print(f"{'ok  ' if fine else 'FAIL'} {resource.name}, {kind}: {accepted} of {late} late writes accepted, {kills} kills", flush=True)
    return passed


def main():
    began = time.monotonic()
    program = os.environ.get("LOCKSTEP_BIN") or str(Path(__file__).parents[2] / "target" / "debug" / "lockstep")
    only = os.environ.get("LOCKSTEP_FENCING_ONLY", "")
    passed = True
    with tempfile.TemporaryDirectory(prefix="lockstep-fencing-") as base, Cluster(program) as cluster:
        for kind in resources.ALL:
            if only not in kind.name:
                continue
            resource = kind(Path(base), [node.port for node in cluster.nodes[1:]])
            with contextlib.ExitStack() as stack:
                stack.enter_context(resource.started())
                passed &= run(cluster, resource)
    print(f"{'passed' if passed else 'failed'}, {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
