#!/usr/bin/env python3
"""Figures beside the throughputs: memory of a million keys beside Redis, the longest pause while a snapshot of them is taken, the longest gap
between two acknowledgements on a surviving connection after the leader is killed or stopped, and SET where `maxmemory` is reached.

    cargo build --release && python3 benches/figures.py [memory] [snapshot] [failover] [stopped] [maxmemory] [--kills 20]
"""
import argparse, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import SERVER, cli, free_ports, load, rss, wait_ready


class Connection:
    """One RESP connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def ask(self, *args):
        out = b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in map(str.encode, args))
        self.socket.sendall(out)
        line = self.file.readline()
        if line[:1] == b"$" and int(line[1:]) >= 0:
            return self.file.read(int(line[1:]) + 2)[:-2]
        return line.strip()


class Cluster:
    def __init__(self, temp, nodes, extra=()):
        self.temp, self.extra = temp, list(extra)
        self.ports = free_ports(nodes)
        self.children = {}
        for i, port in enumerate(self.ports):
            self.start(i)
            wait_ready(port, "lockstep")
        for _ in range(300):
            if nodes == 1 or sum(1 for v in self.field("voter") if v == "1") == nodes:
                return
            time.sleep(0.1)
        sys.exit("the nodes do not become voters")

    def start(self, i):
        join = ["--join", f"127.0.0.1:{self.ports[0]}"] if i else []
        log = open(os.path.join(self.temp, f"{self.ports[i]}.log"), "a")
        args = [SERVER, "--port", str(self.ports[i]), "--dir", os.path.join(self.temp, str(self.ports[i])), *join, *self.extra]
        self.children[i] = subprocess.Popen(args, stdout=log, stderr=log)

    def field(self, name, port=None):
        out = cli(port or self.ports[0], "raft.nodes").split("\n")
        return [b for a, b in zip(out, out[1:]) if a == name]

    def leader(self):
        for port in self.ports:
            roles = self.field("role", port)
            if "leader" in roles:
                return roles.index("leader")
        return None

    def stop(self):
        for child in self.children.values():
            child.send_signal(signal.SIGKILL)
            child.wait()


def fill(port, count):
    """Sets `count` keys of 16 bytes to values of 64 bytes."""
    connection = Connection(port)
    value = "v" * 64
    for start in range(0, count, 5000):
        batch = b"".join(b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$64\r\n%s\r\n" % (i, value.encode()) for i in range(start, start + 5000))
        sender = threading.Thread(target=connection.socket.sendall, args=(batch,))
        sender.start()
        for _ in range(5000):
            connection.file.readline()
        sender.join()


def memory(temp):
    port = free_ports(1)[0]
    redis = subprocess.Popen(["redis-server", "--port", str(port), "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
    try:
        wait_ready(port, "redis-server")
        before = rss(redis.pid)
        fill(port, 1_000_000)
        redis_growth = rss(redis.pid) - before
    finally:
        redis.kill()
        redis.wait()
    cluster = Cluster(temp, 1)
    try:
        pid = cluster.children[0].pid
        before = rss(pid)
        fill(cluster.ports[0], 1_000_000)
        time.sleep(1)
        growth = rss(pid) - before
        print(f"memory of 1,000,000 keys: Redis {redis_growth >> 20} MB, Lockstep {growth >> 20} MB, ratio {growth / redis_growth:.2f}")
    finally:
        cluster.stop()


def snapshot(temp):
    cluster = Cluster(temp, 3)
    try:
        leader = cluster.leader()
        port = cluster.ports[leader]
        fill(port, 1_000_000)
        gaps, stop = [], threading.Event()

        def load(port):
            connection, last, worst = Connection(port), time.monotonic(), 0.0
            i = 0
            while not stop.is_set():
                connection.ask("SET", "key:%012d" % (i * 7919 % 1_000_000), "w" * 64)
                now = time.monotonic()
                worst, last, i = max(worst, now - last), now, i + 1
            gaps.append(worst)

        def measured(seconds_or_call):
            gaps.clear()
            stop.clear()
            threads = [threading.Thread(target=load, args=(p,)) for p in cluster.ports * 2]
            for thread in threads:
                thread.start()
            started = time.monotonic()
            seconds_or_call()
            took = time.monotonic() - started
            stop.set()
            for thread in threads:
                thread.join()
            return took, max(gaps)

        _, idle = measured(lambda: time.sleep(3))
        for p in cluster.ports:
            took, worst = measured(lambda: cli(p, "raft.snapshot"))
            print(f"snapshot of 1,000,000 keys on {'the leader' if p == port else 'a follower'}: {took:.1f} s, longest pause "
                  f"{worst * 1000:.0f} ms (without a snapshot {idle * 1000:.0f} ms)")
    finally:
        cluster.stop()


def failover(temp, rounds, sent=signal.SIGKILL):
    """Takes the leader away, by a signal, and brings it back; on each of the others a connection counts, and sees a pause."""
    cluster = Cluster(temp, 3)
    try:
        gaps = []
        for _ in range(rounds):
            leader = cluster.leader()
            others = [i for i in range(3) if i != leader]
            stop, results = threading.Event(), []

            def load(port):
                connection, last, worst, errors = Connection(port), time.monotonic(), 0.0, 0
                while not stop.is_set():
                    errors += not connection.ask("INCR", "n").startswith(b":")
                    now = time.monotonic()
                    worst, last = max(worst, now - last), now
                results.append((worst, errors))

            threads = [threading.Thread(target=load, args=(cluster.ports[i],)) for i in others]
            for thread in threads:
                thread.start()
            time.sleep(0.4)
            cluster.children[leader].send_signal(sent)
            time.sleep(1.5 if sent == signal.SIGSTOP else 0.8)
            stop.set()
            for thread in threads:
                thread.join()
            gaps.append(max(worst for worst, _ in results))
            if sum(errors for _, errors in results):
                print(f"{sum(errors for _, errors in results)} errors")
            if sent == signal.SIGKILL:
                cluster.children[leader].wait()
                cluster.start(leader)
            else:
                cluster.children[leader].send_signal(signal.SIGCONT)
            wait_ready(cluster.ports[leader], "lockstep")
            for _ in range(100):
                if set(cluster.field("lag", cluster.ports[others[0]])) == {"0"}:
                    break
                time.sleep(0.05)
        gaps.sort()
        print(f"{rounds} times {sent.name} to the leader: longest gap on a surviving connection {gaps[-1] * 1000:.0f} ms, "
              f"p90 {gaps[len(gaps) * 9 // 10] * 1000:.0f} ms, median {gaps[len(gaps) // 2] * 1000:.0f} ms")
    finally:
        cluster.stop()


def maxmemory(temp, rounds=5):
    """SET of a million keys in pipelines, on three nodes without a bound of memory and on three where each new key takes the room of others."""
    clusters = []
    try:
        rates = []
        for bound in "0", "80mb":
            os.makedirs(os.path.join(temp, bound))
            clusters.append(Cluster(os.path.join(temp, bound), 3, ["--maxmemory", bound, "--maxmemory-policy", "allkeys-lru"]))
            fill(clusters[-1].ports[0], 300_000)
            rates.append([])
        for _ in range(rounds):
            for cluster, found in zip(clusters, rates):
                found.append(load(cluster.ports[cluster.leader()], "set", 50, 16, 500_000, 1_000_000)[0])
        free, full = (sorted(found)[rounds // 2] for found in rates)
        evicted = [line for line in cli(clusters[1].ports[0], "info", "stats").split() if line.startswith("evicted_keys")][0]
        print(f"SET 50 x 16: {free:.0f} a second, {full:.0f} at maxmemory ({full / free:.2f}); {evicted}")
    finally:
        for cluster in clusters:
            cluster.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["memory", "snapshot", "failover"])
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    for what in options.what:
        temp = tempfile.mkdtemp(prefix="figures-", dir=os.getcwd())
        try:
            {"memory": memory, "snapshot": snapshot, "maxmemory": maxmemory,
             "failover": lambda t: failover(t, options.kills),
             "stopped": lambda t: failover(t, options.kills, signal.SIGSTOP)}[what](temp)
        finally:
            shutil.rmtree(temp, ignore_errors=True)


if __name__ == "__main__":
    main()
