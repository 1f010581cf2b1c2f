"""What the programs here share: expectations, the load's bookkeeping, the command line."""

import json
import select
import sys
import time

# The release script of most lock libraries.
RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('del', KEYS[1])
else
    return 0
end
"""
LOCK_EVERY = 10
count = 0


def expect(what, got, wanted):
    global count
    if got != wanted:
        raise SystemExit(f"{what}: got {got!r}, wanted {wanted!r}")
    count += 1


def expect_error(what, call, wanted):
    """`wanted`: the exception's class, or parts of its text, apart by |."""
    try:
        got = call()
    except Exception as error:
        expect_raised(what, error, wanted)
    else:
        raise SystemExit(f"{what}: got {got!r}, wanted an error: {wanted}")


def expect_raised(what, error, wanted):
    text = f"{type(error).__name__} {error}"
    # redis-py takes some codes off the text.
    parts = [part for part in wanted.split("|") if part != "WRONGTYPE"]
    expect(what, [part for part in parts if part not in text] or parts, parts)


class Load:
    """Counts acknowledgements and the longest time between two of them."""

    def __init__(self):
        self.acknowledged = 0
        self.longest_s = 0.0
        self.last = time.monotonic()
        print("ready", flush=True)

    def goes_on(self):
        return not select.select([sys.stdin], [], [], 0)[0]

    def acknowledge(self):
        now = time.monotonic()
        self.longest_s = max(self.longest_s, now - self.last)
        self.last = now
        self.acknowledged += 1

    def is_lock_turn(self):
        return self.acknowledged % LOCK_EVERY == 0

    def print(self):
        print(json.dumps({"acknowledged": self.acknowledged, "longest_pause_ms": round(self.longest_s * 1000)}))


class ClusterLoad(Load):
    """One whose client finds another node by itself. What it writes may be written twice, and an error is no end: the same comes again."""

    def __init__(self):
        super().__init__()
        self.errors = []

    def failed(self, error):
        self.errors.append(f"{type(error).__name__}: {error}")

    def print(self):
        # One that has not gone on is in a pause.
        pause = round(max(self.longest_s, time.monotonic() - self.last) * 1000)
        print(json.dumps({"acknowledged": self.acknowledged, "longest_pause_ms": pause, "errors": self.errors[:20]}))


def main(check, load):
    mode, port, protocol, prefix = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    if mode == "check":
        check(port, protocol, prefix)
        print(f"{count} checks")
    else:
        load(port, protocol, prefix).print()
