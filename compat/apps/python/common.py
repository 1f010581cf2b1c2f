"""What the proofs of Python share. `suite.py` says what a proof is told and what it has to do."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

SURVIVOR = int(os.environ["APP_SURVIVOR"])  # the port of a node that is not killed
PROXY = int(os.environ["APP_PROXY"])  # the port that leads to all nodes, and to the one that is killed every second time
DB = int(os.environ["APP_DB"])  # this database and the next one are the proof's own
DIR = Path(os.environ["APP_DIR"])  # an empty directory
TIMEOUT_S = int(os.environ["APP_TIMEOUT_S"])  # how long a client waits for a reply
FINISH_S = int(os.environ["APP_FINISH_S"])  # how long a proof waits for what is still to come
EVERY_S = int(os.environ["APP_EVERY_MS"]) / 1000  # the pause between two jobs, or requests
JOURNAL = DIR / "journal"

ended = threading.Event()


def url(port, db=DB):
    return f"redis://127.0.0.1:{port}/{db}"


def ran(job):
    """A job's own note that it ran: outside of the server, in one write."""
    with open(JOURNAL, "ab", 0) as journal:
        journal.write(f"{job}\n".encode())


def runs():
    """How often each job ran."""
    counts = {}
    for line in JOURNAL.read_text().splitlines() if JOURNAL.exists() else ():
        counts[line] = counts.get(line, 0) + 1
    return counts


def start(*command, **environment):
    """A worker, as its user would start it. It is ended with the proof."""
    log = open(DIR / "worker.log", "ab")
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=Path(__file__).parent, env={**os.environ, **environment}
    )
    workers.append(process)
    return process


workers = []


def python(module, *arguments, **environment):
    return start(sys.executable, "-m", module, *arguments, **environment)


def script(name):
    """A program that was installed beside this Python."""
    return str(Path(sys.executable).parent / name)


def until(condition, what, timeout=None):
    until = time.monotonic() + (timeout or FINISH_S)
    while not (value := condition()):
        for worker in workers:
            assert worker.poll() is None, f"a worker ended with {worker.returncode}"
        assert time.monotonic() < until, f"not in time: {what() if callable(what) else what}"
        time.sleep(0.05)
    return value


def load(step):
    """Calls `step(number)` until the kill is over, and says that the work has begun once it has been called some times."""
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    number = 0
    while not ended.is_set():
        step(number)
        number += 1
        if number == 4:
            print("ready", flush=True)
        time.sleep(EVERY_S)
    assert number > 5, f"the load did {number} steps only"
    return number


def all_ran(jobs, exactly_once=False):
    """Waits until each of the jobs has noted that it ran; then how many ran more than once."""
    jobs = {str(job) for job in jobs}
    until(lambda: jobs <= runs().keys(), lambda: f"runs of {sorted(jobs - runs().keys())}")
    counts = runs()
    assert counts.keys() == jobs, f"ran and was never asked for: {sorted(counts.keys() - jobs)}"
    again = sum(count > 1 for count in counts.values())
    assert not (exactly_once and again), f"ran again: {[job for job, count in counts.items() if count > 1]}"
    return again


def run(main):
    """Runs a proof: prints what it found as JSON, and ends its workers."""
    try:
        print(json.dumps(main()), flush=True)
    except BaseException:
        log = DIR / "worker.log"
        if log.exists():
            print(log.read_text(errors="replace")[-3000:], file=sys.stderr)
        raise
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            try:
                worker.wait(5)
            except subprocess.TimeoutExpired:
                worker.kill()
