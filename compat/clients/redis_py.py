"""redis-py's own tests of its commands, from its source package, unmodified, but for those in redis_py_skip.txt, which says why.

A line there that names no test fails, as does a test that fails and is not there. `LOCKSTEP_CLIENTS_LONG=1` also runs what is skipped as
`long:`, and the tests of its asyncio client.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SKIP = HERE / "redis_py_skip.txt"
LONG = os.environ.get("LOCKSTEP_CLIENTS_LONG") == "1"
# The most that one run may take; the short one needs less than three minutes even on a busy machine.
TIMEOUT_S = 1200 if LONG else 180
FILES = [f"tests/test_{name}.py" for name in "commands pipeline pubsub scripting monitor encoding function hash".split()]
ASYNC_FILES = [f"tests/test_asyncio/test_{name}.py" for name in "commands pipeline pubsub scripting monitor encoding hash".split()]
# What is not for one server without modules and without TLS.
MARKS = "not onlycluster and not redismod and not ssl and not cp_integration"


def skipped():
    """The tests that are not run, with the reason of each."""
    found = {}
    for line in SKIP.read_text().splitlines():
        if line and not line.startswith("#"):
            test, reason = line.split(maxsplit=1)
            if not (LONG and reason.startswith("long:")):
                found[test] = reason
    return found


def pytest(port, protocol, *arguments):
    source = next((HERE / ".venv" / "source").glob("redis-*/tests")).parent
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--asyncio-mode=auto", "-W", "ignore", "-m", MARKS]
    command += [f"--redis-url=redis://127.0.0.1:{port}/9", f"--protocol={protocol}", *arguments]
    return subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=TIMEOUT_S)


def run(port, protocol):
    """Whether all is as it should be, and what to say of it."""
    files = FILES + ASYNC_FILES if LONG else FILES
    skip = skipped()
    collected = pytest(port, protocol, "--collect-only", *FILES, *ASYNC_FILES)
    tests = [line for line in collected.stdout.splitlines() if "::" in line]
    stale = [test for test in skip if not any(found.startswith(test) for found in tests)]
    if not tests or stale:
        return False, f"there is no such test: {stale}" if tests else collected.stdout[-2000:] + collected.stderr[-2000:]
    try:
        done = pytest(port, protocol, *(part for test in skip for part in ("--deselect", test)), *files)
    except subprocess.TimeoutExpired as expired:
        return False, f"no end after {TIMEOUT_S} s:\n{(expired.stdout or b'')[-2000:]}"
    last = done.stdout.strip().splitlines()[-1:] or [""]
    summary = re.sub(r", \d+ warnings?", "", last[0])
    if done.returncode:
        return False, f"{summary}\n{done.stdout[-6000:]}"
    return True, summary


if __name__ == "__main__":
    fine, said = run(int(sys.argv[1]), int(sys.argv[2]))
    print(said)
    sys.exit(0 if fine else 1)
