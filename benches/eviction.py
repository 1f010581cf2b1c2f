#!/usr/bin/env python3
"""Hit rates of a cache beside Redis's, at the same number of keys held: a Zipf trace, and the same with scans of keys that nobody asks for again.

    cargo build --release && python3 benches/eviction.py [--policies allkeys-lru,allkeys-lfu] [--requests 300000] [--rate 20000] [--seed 1]

A client asks for keys and sets those that it misses. Both servers get the same seeded trace at the same rate, because what they know of time is as coarse
for both. While it warms up, and on, `maxmemory` of each is moved so that it holds the wanted number of keys, whatever a key costs it; how many it held is
printed. A ratio above 1 is a higher hit rate here.
"""
import argparse, bisect, os, random, shutil, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import SERVER, cli, free_ports, wait_ready
from figures import Connection

VALUE = b"v" * 1000
BATCH = 50
KEYS, HELD = 100_000, 20_000
STEP = 2000


def command(*args):
    return b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in args)


def trace(seed, requests, scans):
    """Keys in the order in which they are asked for; those of scans begin with s."""
    rng, total, sums = random.Random(seed), 0.0, []
    for rank in range(1, KEYS + 1):
        total += 1 / rank**0.9
        sums.append(total)
    names = [b"k%d" % number for number in range(KEYS)]
    rng.shuffle(names)
    scanned = 0
    for number in range(requests):
        if scans and number % 10_000 < 2500:
            scanned += 1
            yield b"s%d" % scanned
        else:
            yield names[bisect.bisect_left(sums, rng.random() * total)]


def hit_rate(port, maxmemory, options, scans):
    """Hits among the requests that are no scan's, once it is warm; and how many keys were held meanwhile."""
    connection = Connection(port)
    connection.ask("FLUSHALL")
    hits = asked = done = 0
    held, batch, began = [], [], time.perf_counter()
    warm = options.requests // 3
    for key in trace(options.seed, options.requests, scans):
        batch.append(key)
        if len(batch) < BATCH:
            continue
        connection.socket.sendall(b"".join(command(b"GET", key) for key in batch))
        missed = []
        for key in batch:
            length = int(connection.file.readline()[1:])
            if length >= 0:
                connection.file.read(length + 2)
            else:
                missed.append(key)
            if done >= warm and not key.startswith(b"s"):
                asked += 1
                hits += length >= 0
        connection.socket.sendall(b"".join(command(b"SET", key, VALUE) for key in missed))
        for _ in missed:
            reply = connection.file.readline()
            if reply != b"+OK\r\n":
                sys.exit(f"SET is answered {reply}")
        done += len(batch)
        batch = []
        if done % STEP == 0:
            size = int(connection.ask("DBSIZE")[1:])
            if done > warm:
                held.append(size)
            if size > HELD * 0.9 or maxmemory[0] == 0:
                info = connection.ask("INFO", "memory").decode()
                used = int(next(line for line in info.split("\r\n") if line.startswith("used_memory:")).split(":")[1])
                maxmemory[0] = int(used + (HELD - size) * 1200)
                connection.ask("CONFIG", "SET", "maxmemory", str(maxmemory[0] if size > HELD * 0.9 else 0))
        ahead = done / options.rate - (time.perf_counter() - began)
        if ahead > 0:
            time.sleep(ahead)
    connection.ask("CONFIG", "SET", "maxmemory", "0")
    return hits / asked, sum(held) / len(held)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--policies", default="allkeys-lru,allkeys-lfu")
    parser.add_argument("--requests", type=int, default=300_000)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", default=SERVER)
    options = parser.parse_args()
    temp = tempfile.mkdtemp(prefix="eviction-", dir=os.getcwd())
    own, redis = free_ports(2)
    children = [
        subprocess.Popen([options.server, "--port", str(own), "--dir", os.path.join(temp, "own"), "--log-tail-bytes", "1mb",
                          "--log-prefill", "0", "--log-keep", "64mb", "--disk-reserve", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
        subprocess.Popen(["redis-server", "--port", str(redis), "--save", ""], stdout=subprocess.DEVNULL, cwd=temp),
    ]
    try:
        wait_ready(own, "lockstep")
        wait_ready(redis, "redis-server")
        for policy in options.policies.split(","):
            for scans in (False, True):
                rates = []
                for port in (own, redis):
                    # A node that has just begun does not know yet that it is the whole cluster.
                    while cli(port, "config", "set", "maxmemory-policy", policy).strip() != "OK":
                        time.sleep(0.1)
                    rates.append(hit_rate(port, [0], options, scans))
                (ours, our_keys), (theirs, their_keys) = rates
                kind = "scans" if scans else "zipf"
                print(f"{policy:16}{kind:6} here {ours:.4f} with {our_keys:.0f} keys, Redis {theirs:.4f} with {their_keys:.0f}: "
                      f"ratio {ours / theirs:.3f}", flush=True)
    finally:
        for child in children:
            child.kill()
            child.wait()
        shutil.rmtree(temp, ignore_errors=True)


if __name__ == "__main__":
    main()
