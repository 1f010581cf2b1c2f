"""Replays what the libraries that no registry here has send, with the replies that they need: `replay.py <port> [<port> …]`; connections of one
replay go to several nodes. Against a real Redis (one port) it shows that the replies expected are Redis's, but for what newer servers have."""

import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "replay"))

import others  # noqa: E402
import redisson  # noqa: E402
from connection import Connection  # noqa: E402


def replays():
    yield "Redisson 4.7 (Lock, FairLock, ReadWriteLock, FencedLock, semaphores)", redisson.PROTOCOL, redisson.run, 3
    for name, run in others.ALL.items():
        yield name, 2, run, 2


def run_all(ports):
    """The name of each replay, and what went wrong or None."""
    for name, protocol, run, connections in replays():
        clients = [Connection(ports[index % len(ports)], protocol) for index in range(connections)]
        clients[0]("FLUSHALL")
        clients[0]("SCRIPT", "FLUSH")
        try:
            run(*clients)
        except Exception:  # an assertion, or whatever the client raised
            yield name, traceback.format_exc(limit=-2)
        else:
            yield name, None


def main():
    failed = 0
    for name, wrong in run_all([int(port) for port in sys.argv[1:]]):
        print(f"{'FAIL' if wrong else 'ok  '} {name}{': ' + wrong if wrong else ''}", flush=True)
        failed += wrong is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
