"""redis-cli -c, and redis-cli --cluster."""

import subprocess

from common import expect, main

PORTS = 3


def cli(*words, stdin=None):
    done = subprocess.run(["redis-cli", *words], input=stdin, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def check(port, protocol, prefix):
    flags = ["-c", "-p", str(port), f"-{protocol}"]
    for i in range(20):
        expect("set", cli(*flags, "SET", f"{prefix}{i}", str(i)).strip(), "OK")
    lines = "".join(f"GET {prefix}{i}\n" for i in range(20))
    expect("get, many on one connection", cli(*flags, stdin=lines).split(), [str(i) for i in range(20)])
    crossed = cli(*flags, "MGET", "a", "b").strip()
    expect("keys of several slots", crossed, "CROSSSLOT Keys in request don't hash to the same slot")
    nodes = cli(*flags, "CLUSTER", "NODES").strip().splitlines()
    expect("nodes", sorted(node.split()[2].replace("myself,", "") for node in nodes), ["master", "slave", "slave"])
    for node in nodes:
        address = node.split()[1].split("@")[0]
        checked = cli("--cluster", "check", address)
        for line in ("[OK] All nodes agree about slots configuration.", "[OK] All 16384 slots covered."):
            expect(f"--cluster check {address}: {line}", line in checked, True)
        expect("2 additional replicas", "2 additional replica(s)" in checked, True)
        info = cli("--cluster", "info", address)
        expect(f"--cluster info {address}", "16384 slots | 2 slaves." in info and " keys in 1 masters." in info, True)
        called = cli("--cluster", "call", address, "PING")
        expect(f"--cluster call {address}", called.count("PONG"), PORTS)


def load(*_):
    raise SystemExit("redis-cli is no load")


main(check, load)
