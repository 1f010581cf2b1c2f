"""Applications, unmodified, against three nodes whose leader is killed (SIGKILL) once while they work.

A proof is a program in its application's language. It starts the application's own workers or servers, gives them work, and judges what became of
it outside of the server: each job notes in a file that it ran. It is told by its environment

    APP_SURVIVOR        the port of a node that is not killed: what is connected there is to see a pause and no error
    APP_PROXY           the port of a TCP proxy in front of all nodes; every second connection leads to the node that is killed, and is then cut
    APP_DB              the first of two databases of its own
    APP_DIR             an empty directory of its own
    APP_TIMEOUT_S       how long clients are to wait for a reply
    APP_FINISH_S        how long it may wait for what is still to come, after the kill
    APP_EVERY_MS        the pause between two jobs

prints `ready` when its work is under way, goes on with it until its standard input ends, which is some time after the kill, waits for the
rest, and prints what it found as JSON: whatever it found it says in the log; an exit code other than 0 is a failure.

Applications run in waves, as many at a time as fit a small machine; each wave has its own kill. The table of README.md is what a run found; a
run without `--write` fails where it differs.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from cluster import Cluster, client
from proxy import Proxy
from readme import check_table
from registry import APPS

HERE = Path(__file__).parent
AT_A_TIME = 6
# How long the load goes on before and after the kill: the long form (`--long`) is for a night, with this many rounds.
LOAD_BEFORE_KILL_S = 2
LOAD_AFTER_KILL_S = 4
LONG_ROUNDS = 20
# How long a wave has to be under way, and to be done after the kill.
READY_S = 60
BOUNDS = {"APP_TIMEOUT_S": "30", "APP_FINISH_S": "45", "APP_EVERY_MS": "100"}
END_S = 60
# How long commands wait through an election, in place of 5 s: several applications at once keep a small machine busy.
FLAGS = ["--write-timeout-ms", "12000"]


class Running:
    """A proof that runs; what it prints is read as it comes."""

    def __init__(self, app, proxy, environment, errors):
        self.app, self.proxy, self.errors = app, proxy, errors
        self.process = subprocess.Popen(
            app.program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=HERE
        )
        self.lines, self.ready = [], threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if line == "ready\n":
                self.ready.set()

    def wait_ready(self, until):
        """Until it says that its work is under way, or has ended."""
        while self.process.poll() is None and not self.ready.wait(0.1) and time.monotonic() < until:
            pass


def start(app, index, survivor, proxy, base):
    directory = base / str(index)
    directory.mkdir()
    environment = {
        **os.environ,
        **BOUNDS,
        "APP_SURVIVOR": str(survivor),
        "APP_PROXY": str(proxy.port),
        "APP_DB": str(2 * index),
        "APP_DIR": str(directory),
        "NODE_NO_WARNINGS": "1",
    }
    return Running(app, proxy, environment, open(base / f"{index}.errors", "w+"))


def judge(running):
    """Whether it passed; prints what the proof found, or what went wrong."""
    process, cut = running.process, running.proxy.cut
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        running.lines.append(f"no end after {END_S} s\n")
    running.reader.join(1)
    running.errors.seek(0)
    errors = running.errors.read()
    running.errors.close()
    if process.returncode == 0 and running.ready.is_set() and (cut or not running.app.cut):
        print(f"ok   {running.app.name}: {running.lines[-1].strip()}, {cut} connections cut", flush=True)
        return True
    why = f"ended with {process.returncode}" if running.ready.is_set() else "its work never began"
    print(f"FAIL {running.app.name}: {why}, {cut} connections cut\n{''.join(running.lines)[-1000:]}\n{errors[-6000:]}", flush=True)
    return False


def wave(apps, cluster):
    """Runs these applications together while the leader is killed; the names of those that passed."""
    victim = cluster.leader()
    survivors = [node for node in cluster.nodes if node is not victim]
    with client(survivors[0].port) as connection:
        connection.flushall()
    with tempfile.TemporaryDirectory(prefix="lockstep-apps-") as base:
        running = []
        for index, app in enumerate(apps):
            proxy = Proxy(victim.port, [node.port for node in survivors])
            running.append(start(app, index, survivors[index % 2].port, proxy, Path(base)))
        until = time.monotonic() + READY_S
        for one in running:
            one.wait_ready(until)
        time.sleep(LOAD_BEFORE_KILL_S)
        # Who leads by now: a busy machine may have had an election of its own. What the proxies call the victim is killed all the same.
        led = cluster.leader() is victim
        victim.kill()
        time.sleep(LOAD_AFTER_KILL_S)
        for one in running:
            one.process.stdin.close()
            one.process.stdin = None
        passed = [one.app.name for one in running if judge(one)]
        for one in running:
            one.proxy.close()
    victim.start()
    cluster.wait_complete(survivors[0].port)
    if not led:
        print("     the node that was killed did not lead any more", flush=True)
    if len(passed) < len(apps):
        for node in cluster.nodes:
            print(f"--- end of the log of {node.port} ---\n{node.log_end()}")
    return passed


def table(apps, passed):
    rows = ["| application | version | what is checked | connected to | settings | leader killed |", "| --- | --- | --- | --- | --- | --- |"]
    for app in apps:
        result = "passes" if app.name in passed else "FAILS"
        place = "the proxy" if app.cut else "survivors"
        rows.append(f"| {app.name} | {app.version} | {app.proves} | {place} | {app.settings} | {result} |")
    return "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Applications against three nodes whose leader is killed.")
    parser.add_argument("--write", action="store_true", help="write the table of README.md anew")
    parser.add_argument("--only", default="", help="run the applications whose name matches this regular expression")
    parser.add_argument("--long", action="store_true", help=f"{LONG_ROUNDS} rounds instead of one")
    options = parser.parse_args()
    began = time.monotonic()
    program = os.environ.get("LOCKSTEP_BIN") or str(HERE.parents[1] / "target" / "debug" / "lockstep")
    apps = [app for app in APPS if re.search(options.only, app.name)]
    failed = set()
    with Cluster(program, FLAGS) as cluster:
        for _ in range(LONG_ROUNDS if options.long else 1):
            for first in range(0, len(apps), AT_A_TIME):
                group = apps[first : first + AT_A_TIME]
                failed |= {app.name for app in group} - set(wave(group, cluster))
    passed = {app.name for app in apps} - failed
    fine = not failed
    if not options.only:
        fine &= check_table(HERE / "README.md", table(apps, passed), options.write)
    print(f"{len(passed)} of {len(apps)} applications pass, {time.monotonic() - began:.0f} s")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
