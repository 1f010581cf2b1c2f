"""Every lock library against three nodes, unmodified, while the leader is killed and stopped again and again.

For each library, by a driver in its own language (python/driver.py says what a driver does), all at the same time:

- the storm: several processes at surviving nodes take and release one lock; what it protects is a file, whose order shows whether two ever
  held it at once;
- the renewal: one process holds a lock for the whole time by renewing it, and nobody else gets it;
- the wrong owner: who does not hold the lock cannot release it.

Before that the examples of the project's README run as they stand there, but for the nodes' ports and where PHP's libraries are.

A library passes if its journal is in order, every process got the lock after the last kill, and no call raised an error. The table of README.md
is what a run found; a run without `--write` fails where it differs.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import replay
from cluster import Cluster, client, wait_for
from readme import check_table

HERE = Path(__file__).parent
# Kills and stops of a leader under all libraries, by turns; LOCKSTEP_LONG=1 is the form for a night, twenty of each.
KILLS_IN_CI, KILLS_LONG = 4, 40
IS_LONG = os.environ.get("LOCKSTEP_LONG", "0") != "0"
KILLS = int(os.environ.get("LOCKSTEP_LOCK_KILLS", KILLS_LONG if IS_LONG else KILLS_IN_CI))
PROCESSES = 2 if KILLS < 10 else 6
LOAD_BEFORE_KILL_S = 1.5
LOAD_AFTER_KILL_S = 2.5
STOPPED_S = 2
CHECK_TIMEOUT_S = 90
# What the drivers are told. A lease is longer than a failover of a loaded machine, and shorter than half a run.
BOUNDS = {
    "LOCK_TTL_S": "12",
    "LOCK_WAIT_S": "12",
    "LOCK_TIMEOUT_S": "30",
    "LOCK_POLL_MS": "40",
    "LOCK_RENEW_MS": "700",
}
# How long commands wait through an election, in place of 5 s: all libraries at once keep a small machine busy.
FLAGS = ["--write-timeout-ms", "12000"]
README = HERE.parents[1] / "README.md"
# The programs that take an example of the README from standard input.
EXAMPLES = {"python": [sys.executable, "-"], "js": ["node", "--input-type=module", "-"], "php": ["php"]}


@dataclass
class Library:
    name: str
    version: str
    program: list
    gives_up: bool = False  # a renewal that takes longer than its client waits; its holder is told
    found: dict = field(default_factory=dict)
    failures: list = field(default_factory=list)

    def fail(self, what):
        self.failures.append(what)
        print(f"FAIL {self.name}: {what}", flush=True)


def python(module, name, package):
    version = re.search(rf"^{re.escape(package)}==(.*)$", (HERE / "requirements.txt").read_text(), re.M)[1]
    return Library(name, version, [sys.executable, str(HERE / "python" / "driver.py"), module])


def node(module, name, package):
    version = json.loads((HERE / "package.json").read_text())["dependencies"][package]
    return Library(name, version, ["node", str(HERE / "node" / "driver.mjs"), module])


def debian(name, package, program):
    shown = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True, check=True)
    # Not its patches: Debian's updates bring those.
    return Library(name, re.search(r"^(?:\d+:)?(\d+\.\d+)", shown.stdout)[1], program)


def libraries():
    php = ["php", str(HERE / "php" / "driver.php")]
    return [
        python("redis_py", "redis-py `Lock`", "redis"),
        python("python_redis_lock", "python-redis-lock", "python-redis-lock"),
        python("pottery_redlock", "pottery `Redlock`", "pottery"),
        python("aioredlock_async", "aioredlock", "aioredlock"),
        python("redlock_py", "redlock-py", "redlock-py"),
        python("sherlock_redis", "sherlock", "sherlock"),
        python("portalocker_redis", "portalocker `RedisLock`", "portalocker"),
        node("redlock", "redlock (npm)", "redlock"),
        node("sesamecare", "@sesamecare-oss/redlock", "@sesamecare-oss/redlock"),
        node("semaphore", "redis-semaphore `Mutex`", "redis-semaphore"),
        node("semaphore_permits", "redis-semaphore `Semaphore`", "redis-semaphore"),
        Library("rslock", "0.10.0", [str(HERE / "target" / "debug" / "lockstep-compat-rslock")], gives_up=True),
        debian("Symfony `RedisStore` over phpredis", "php-symfony-lock", [*php, "phpredis"]),
        debian("Symfony `RedisStore` over Predis", "php-symfony-lock", [*php, "predis"]),
        debian("Laravel `RedisLock` over phpredis", "php-illuminate-cache", [*php, "laravel"]),
    ]


def start(library, mode, port, lock, journal=None):
    command = [*library.program, mode, str(port), lock, *([str(journal)] if journal else [])]
    return subprocess.Popen(
        command, env={**os.environ, **BOUNDS}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=HERE
    )


def finish(process, timeout=CHECK_TIMEOUT_S):
    """The last line of what it printed, and what went wrong, or None."""
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "", f"no end after {timeout} s"
    lines = output.strip().splitlines() or [""]
    return lines[-1], None if process.returncode == 0 else f"ended with {process.returncode}: {errors[-600:]}"


def wrong_owners(all_libraries, port):
    for index, library in enumerate(all_libraries):
        last, wrong = finish(start(library, "owner", port, f"owner:{index}"))
        if wrong:
            library.fail(f"wrong owner: {wrong}")
        library.found["owner"] = "no" if wrong else last.removeprefix("refused: ")


def kill_leaders(cluster):
    """Kills or stops one node again and again; it leads each time. The others survive, and what is connected to them is to see a pause."""
    victim = cluster.leader()
    survivors = [node for node in cluster.nodes if node is not victim]
    for count in range(KILLS):
        lead(cluster, victim, survivors[0].port)
        time.sleep(LOAD_BEFORE_KILL_S)
        if count % 2:
            victim.process.send_signal(signal.SIGSTOP)
            time.sleep(STOPPED_S)
            victim.process.send_signal(signal.SIGCONT)
        else:
            victim.kill()
            time.sleep(LOAD_AFTER_KILL_S)
            victim.start()
        cluster.wait_complete(survivors[0].port)
    time.sleep(LOAD_AFTER_KILL_S)


def lead(cluster, wanted, port):
    def leads():
        rows = cluster.members(port)
        if rows[wanted.port]["role"] == "leader":
            return True
        try:
            with client(port) as connection:
                connection.execute_command("RAFT.TRANSFER", rows[wanted.port]["id"])
        except Exception as error:  # refused while it is behind: again
            print(f"     transfer: {error}", flush=True)
        return False

    wait_for(leads, f"{wanted.port} leads", wanted)


def storm(all_libraries, cluster):
    victim = cluster.leader()
    ports = [node.port for node in cluster.nodes if node is not victim]
    with tempfile.TemporaryDirectory(prefix="lockstep-locks-") as base:
        running = []
        for index, library in enumerate(all_libraries):
            journal = Path(base) / f"{index}.journal"
            journal.touch()
            workers = [
                start(library, "storm", ports[worker % len(ports)], f"storm:{index}", journal)
                for worker in range(PROCESSES)
            ]
            running.append((library, journal, workers, start(library, "renew", ports[index % 2], f"renew:{index}")))
        for library, _, workers, renewal in running:
            for worker in workers:
                worker.stdout.readline()
            renews = renewal.stdout.readline() != "no renewals\n"
            library.found["renewal"] = ("told" if library.gives_up else "yes") if renews else "none"
        kill_leaders(cluster)
        for library, journal, workers, renewal in running:
            for worker in workers:
                worker.stdin.close()
                worker.stdin = None
            renewal.stdin.close()
            renewal.stdin = None
        for library, journal, workers, renewal in running:
            judge_storm(library, journal, [finish(worker) for worker in workers])
            last, wrong = finish(renewal)
            if wrong:
                library.fail(f"renewal: {wrong}")
                library.found["renewal"] = "no"
            print(f"     {library.name}: {last or 'no renewals'}", flush=True)


def judge_storm(library, journal, results):
    acquired, longest, failed = 0, 0, False
    for last, wrong in results:
        if wrong:
            library.fail(f"storm: {wrong}")
            failed = True
            continue
        result = json.loads(last)
        acquired += result["acquired"]
        longest = max(longest, result["longest_ms"])
        if result["errors"] or result["acquired"] == 0:
            library.fail(f"storm: {result}")
            failed = True
    sections, disorder = read_journal(journal)
    if disorder or sections < acquired:
        library.fail(f"storm: two holders at once: {disorder or f'{sections} entries of {acquired} holders'}")
        failed = True
    library.found["storm"] = "no" if failed else "yes"
    print(f"{'FAIL' if failed else 'ok  '} {library.name}: {acquired} holders, longest wait {longest} ms", flush=True)


def read_journal(path):
    """How many sections it has, and the first line out of order."""
    count, inside = 0, None
    for line in path.read_text().splitlines():
        what, pid, number = line.split(" ")
        expected = ("leave", *inside) if inside else ("enter", pid, str(count + 1))
        if (what, pid, number) != expected:
            return count, f"{line!r} where {' '.join(expected)!r} was due"
        inside = None if inside else (pid, number)
        count += what == "leave"
    return count, None


def replays(ports):
    """Which of the replays pass."""
    found = {}
    for name, wrong in replay.run_all(ports):
        print(f"{'FAIL' if wrong else 'ok  '} replay of {name}{': ' + wrong if wrong else ''}", flush=True)
        found[name] = wrong is None
    return found


def examples(ports):
    """The README's examples: each prints the fencing token of its lock, which is higher than that of the one before, and leaves the lock free."""
    last, right = 0, True
    for language, text in re.findall(r"^```(python|js|php)\n(.*?)^```", README.read_text(), re.M | re.S):
        for index, port in enumerate(ports):
            text = text.replace(str(7101 + index), str(port))
        text = text.replace("vendor/autoload.php", "/usr/share/php/Symfony/Component/Lock/autoload.php")
        command = EXAMPLES[language]
        run = subprocess.run(command, input=text, capture_output=True, text=True, cwd=HERE, timeout=CHECK_TIMEOUT_S)
        token = re.fullmatch(r"held with token (\d+)\n", run.stdout)
        with client(ports[0]) as connection:
            is_free = not connection.exists("report")
        fine = run.returncode == 0 and is_free and token is not None and int(token[1]) > last
        last = int(token[1]) if token else last
        right &= fine
        print(f"ok   README's example, {language}" if fine else f"FAIL README's example, {language}: {run}", flush=True)
    return right and last > 0


def table(all_libraries, replayed):
    rows = ["| library | version | storm with leader kills | renewed over failovers | release by the wrong owner |"]
    rows.append("| --- | --- | --- | --- | --- |")
    words = {"yes": "passes", "no": "FAILS", "none": "it has no renewal", "told": "passes, or tells its holder (it waits 0.5 s for a reply)"}
    for library in all_libraries:
        found = library.found
        owner = {"silently": "without effect", "no": "FAILS"}.get(found["owner"], f"refused (`{found['owner']}`)")
        rows.append(f"| {library.name} | {library.version} | {words[found['storm']]} | {words[found['renewal']]} | {owner} |")
    rows += ["", "| replayed | commands and replies |", "| --- | --- |"]
    rows += [f"| {name} | {'pass' if passed else 'FAIL'} |" for name, passed in replayed.items()]
    return "\n".join(rows) + "\n"


def main():
    began = time.monotonic()
    program = os.environ.get("LOCKSTEP_BIN") or str(HERE.parents[1] / "target" / "debug" / "lockstep")
    only = os.environ.get("LOCKSTEP_LOCK_ONLY", "")
    chosen = [library for library in libraries() if only in library.name]
    with Cluster(program, FLAGS) as cluster:
        ports = [node.port for node in cluster.nodes]
        passed = examples(ports)
        wrong_owners(chosen, cluster.followers()[0].port)
        storm(chosen, cluster)
        replayed = replays(ports)
        failed = [library.name for library in chosen if library.failures]
        if failed:
            for node in cluster.nodes:
                print(f"--- end of the log of {node.port} ---\n{node.log_end()}")
    passed &= all(replayed.values())
    if not only:
        passed &= check_table(HERE / "README.md", table(chosen, replayed), "--write" in sys.argv)
    print(f"{len(failed)} of {len(chosen)} libraries failed, {KILLS} kills and stops, {time.monotonic() - began:.0f} s")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
