#!/usr/bin/env python3
"""Lockstep beside Redis with the same durability, on one machine, in one run.

Starts redis-server (appendonly yes, appendfsync always), three Lockstep nodes and one Lockstep node alone, loads them in turn with
redis-benchmark (several rounds, interleaved) and prints medians, ratios to Redis, and CPU seconds per 100,000 commands.

    cargo build --release && python3 benches/compare.py [--rounds 3] [--only "three nodes, SET"] [--quick]

Everything listens on 127.0.0.1 on free ports; data goes to a temporary directory on the disk of the current directory.
"""
import argparse, csv, io, os, re, selectors, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SERVER = os.environ.get("LOCKSTEP", os.path.join(ROOT, "target/release/lockstep"))


def free_ports(n):
    """Ports whose peer port (+10000) is free too."""
    found = []
    port = 20000 + os.getpid() % 10000
    while len(found) < n:
        port += 1
        try:
            for p in (port, port + 10000):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", p))
            found.append(port)
        except OSError:
            pass
    return found


def cli(port, *args):
    out = subprocess.run(["redis-cli", "-p", str(port), *args], capture_output=True, text=True, timeout=30)
    return out.stdout.strip()


def wait_ready(port, what, seconds=60):
    for _ in range(seconds * 20):
        if cli(port, "ping") == "PONG" and not cli(port, "get", "x").startswith("LOADING"):
            return
        time.sleep(0.05)
    sys.exit(f"{what} on port {port} does not answer")


def cpu_seconds(pids):
    total = 0.0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def rss(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) * 1024


# What lock libraries release a lock with; here nobody holds it.
RELEASE = ["eval", "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end",
           "1", "lock:__rand_int__", "owner"]


# Writes of the other types, each with a read of what it wrote.
TYPES = ["xadd stream * field __rand_int__", "xrange stream - + count 10", "setbit bits:__rand_int__ 7 1", "getbit bits:__rand_int__ 7",
         "pfadd sketch __rand_int__", "pfcount sketch", "geoadd places 13.__rand_int__ 52.__rand_int__ place:__rand_int__",
         "geopos places place:__rand_int__"]

READ = ["eval_ro", "return redis.call('get', KEYS[1])", "1", "key:__rand_int__"]


# redis-benchmark's own take from 100,000 members, most of which are there already: then Redis changes nothing, and writes nothing to its file.
NEW = 1_000_000_000
SADD_NEW = ["sadd", "newset", "element:__rand_int__"]
ZADD_NEW = ["zadd", "newzset", "__rand_int__", "element:__rand_int__"]


def cycles(port, by_script, clients, n):
    """Locks taken and released, `n` times in all: each client its own, one after the other. Cycles per second, and their p50 and p99 in
    ms. Threads share one interpreter, so this compares ways of release and servers, and is no server's limit."""
    release = ["evalsha", cli(port, "script", "load", RELEASE[1]), "1"] if by_script else ["del"]
    frame = lambda words: b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words)
    links = {}
    poll = selectors.DefaultSelector()
    for i in range(clients):
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = f"lock:{i}"
        take = frame(["set", key, "owner", "nx", "px", "30000"])
        give = frame([*release, key, "owner"] if by_script else [*release, key])
        links[link] = [take, give, 0, 0.0]
        poll.register(link, selectors.EVENT_READ)
    begun, times, started = time.perf_counter(), [], 0
    for link, state in links.items():
        state[3] = time.perf_counter()
        started += 1
        link.sendall(state[0])
    while len(times) < n:
        for key, _ in poll.select():
            link, state = key.fileobj, links[key.fileobj]
            reply = link.recv(64)
            if reply not in (b"+OK\r\n", b":1\r\n"):
                sys.exit(f"a lock's cycle was answered {reply!r}")
            if state[2] == 0:
                state[2] = 1
                link.sendall(state[1])
                continue
            state[2] = 0
            now = time.perf_counter()
            times.append((now - state[3]) * 1000)
            if started < n:
                started += 1
                state[3] = now
                link.sendall(state[0])
    seconds = time.perf_counter() - begun
    for link in links:
        link.close()
    times.sort()
    return n / seconds, times[n // 2], times[n * 99 // 100]


def load(port, command, clients, pipeline, n, numbers=100_000):
    """`command`: the name of one of redis-benchmark's tests, or a list of words; or whether locks are released by a script. `numbers`: how many
    keys, or names in one, are taken from."""
    if isinstance(command, bool):
        return cycles(port, command, clients, n)
    what = ["-t", command] if isinstance(command, str) else command
    out = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-c", str(clients), "-P", str(pipeline), "-n", str(n), "-d", "64",
         "-r", str(numbers), "--csv", *what], capture_output=True, text=True, timeout=600).stdout
    rows = list(csv.DictReader(io.StringIO(out[out.index('"test"'):])))
    return float(rows[0]["rps"]), float(rows[0]["p50_latency_ms"]), float(rows[0]["p99_latency_ms"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    temp = tempfile.mkdtemp(prefix="compare-", dir=os.getcwd())
    children = []

    def start(name, args):
        os.makedirs(os.path.join(temp, name), exist_ok=True)
        log = open(os.path.join(temp, name + ".log"), "w")
        child = subprocess.Popen(args, stdout=log, stderr=log, cwd=os.path.join(temp, name))
        children.append(child)
        return child.pid

    try:
        redis, alone, *nodes = free_ports(5)
        pids = {"redis": [start("redis", ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "",
                                          "--appendonly", "yes", "--appendfsync", "always"])]}
        pids["alone"] = [start("alone", [SERVER, "--port", str(alone), "--dir", "data"])]
        pids["three"] = []
        for i, port in enumerate(nodes):
            join = ["--join", f"127.0.0.1:{nodes[0]}"] if i else []
            pids["three"].append(start(f"node{i + 1}", [SERVER, "--port", str(port), "--dir", "data", *join]))
            wait_ready(port, "lockstep")
        wait_ready(redis, "redis-server")
        wait_ready(alone, "lockstep")
        leader, follower = nodes[0], nodes[1]
        for _ in range(200):
            listed = cli(leader, "raft.nodes").split()
            if sum(1 for a, b in zip(listed, listed[1:]) if (a, b) == ("voter", "1")) == 3:
                break
            time.sleep(0.1)
        else:
            sys.exit("three voters were expected")
        k = 4 if options.quick else 1
        # name, command, clients, pipeline, requests, target, group of processes
        loads = [("SET 50", "set", 50, 1, 200000 // k), ("SET 50 x 16", "set", 50, 16, 1000000 // k),
                 ("GET 50", "get", 50, 1, 200000 // k), ("GET 50 x 16", "get", 50, 16, 2000000 // k),
                 ("LPUSH 50 x 16", "lpush", 50, 16, 1000000 // k), ("RPOP 50 x 16", "rpop", 50, 16, 1000000 // k),
                 ("SADD 50 x 16", "sadd", 50, 16, 1000000 // k), ("HSET 50 x 16", "hset", 50, 16, 1000000 // k),
                 ("ZADD 50 x 16", "zadd", 50, 16, 1000000 // k),
                 ("SADD new", SADD_NEW, 50, 16, 1000000 // k), ("ZADD new", ZADD_NEW, 50, 16, 1000000 // k),
                 *((words[0].upper() + " 50 x 16", words, 50, 16, 1000000 // k) for words in map(str.split, TYPES)),
                 ("SET 1", "set", 1, 1, 20000 // k), ("lock 1", True, 1, 1, 10000 // k), ("EVAL 50", ["eval", "return 1", "0"], 50, 1, 200000 // k),
                 ("release 50", RELEASE, 50, 1, 200000 // k),
                 ("EVAL_RO 50", READ, 50, 1, 200000 // k),
                 ("lock, DEL", False, 50, 1, 50000 // k), ("lock, EVALSHA", True, 50, 1, 50000 // k)]
        targets = [("redis", redis, "redis"), ("leader", leader, "three"), ("follower", follower, "three"), ("alone", alone, "alone")]
        results = {}
        for port in (redis, leader, alone):
            load(port, "set", 50, 16, 500000 // k)
        for round_ in range(options.rounds):
            for name, command, clients, pipeline, n in loads:
                if options.only not in name:
                    continue
                for target, port, group in targets:
                    before = cpu_seconds(pids[group])
                    numbers = NEW if command in (SADD_NEW, ZADD_NEW) else 100_000
                    rps, p50, p99 = load(port, command, clients, pipeline, n, numbers)
                    cpu = (cpu_seconds(pids[group]) - before) * 100000 / n
                    results.setdefault((name, target), []).append((rps, p50, p99, cpu))
        print(f"{'load':16}{'target':10}{'per s':>10}{'ratio':>7}{'best':>7}{'p50 ms':>8}{'ratio':>7}{'p99 ms':>8}{'ratio':>7}{'CPU s/100k':>12}")
        for name, *_ in loads:
            base = results.get((name, "redis"))
            if not base:
                continue
            median = lambda rows, i: statistics.median(row[i] for row in rows)
            for target, *_ in targets:
                rows = results[(name, target)]
                ratio = lambda i: median(rows, i) / max(median(base, i), 1e-9)
                best = max(row[0] for row in rows) / max(row[0] for row in base)
                print(f"{name:16}{target:10}{median(rows, 0):10.0f}{ratio(0):7.2f}{best:7.2f}{median(rows, 1):8.3f}{ratio(1):7.2f}"
                      f"{median(rows, 2):8.3f}{ratio(2):7.2f}{median(rows, 3):12.3f}")
    finally:
        for child in children:
            child.send_signal(signal.SIGKILL)
            child.wait()
        shutil.rmtree(temp, ignore_errors=True)


if __name__ == "__main__":
    main()
