#!/usr/bin/env python3
"""Locks beside Redis with the same durability and beside etcd, on one machine, in one run.

    cargo build --release && python3 benches/locks.py [--rounds 3] [cycles] [one] [handover] [idle] [expiry]

Starts three Lockstep nodes, redis-server (appendonly yes, appendfsync always) and three etcd members (its lock API over its JSON gateway, with
a lease granted before). One process drives all clients of all servers alike, so this compares them and is no server's limit.

cycles    50 clients, each takes and releases a lock of its own: SET NX PX and EVALSHA, SET NX PX and DEL, LOCK.ACQUIRE and RELEASE, etcd
one       the same with one client: the median of a cycle
handover  100 clients wait for one lock: releases a second, and how long from a release to the next holder's reply
idle      CPU of the nodes over 10 s with 100,000 held locks
expiry    100,000 locks that expire in the same second: the longest that another client's SET takes meanwhile
"""
import argparse, base64, itertools, json, os, select, shutil, socket, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import RELEASE, cli, cpu_seconds, free_ports, wait_ready
from figures import Cluster, Connection


def frame(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words)


def lines(count):
    """A whole RESP reply of so many lines."""
    return lambda data: data.count(b"\r\n") == count


def http(data):
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(body) == int(line[15:])
    return body.endswith(b"0\r\n\r\n")


def post(path, what):
    body = json.dumps(what).encode()
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), len(body), body)


def connect(port):
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def drive(port, clients, n):
    """Each client sends its requests in turn, again and again, until `n` cycles are over: cycles a second, and p50 and p99 of one in ms.
    A request is (bytes, whether a reply is whole, what every reply holds)."""
    poll, states = select.epoll(), {}
    for requests in clients:
        link = connect(port)
        poll.register(link, select.EPOLLIN)
        states[link.fileno()] = [link, requests, 0, 0.0, b""]
    clock = time.perf_counter
    begun, times = clock(), []
    for state in states.values():
        state[3] = clock()
        state[0].sendall(state[1][0][0])
    while len(times) < n:
        for fd, _ in poll.poll():
            state = states[fd]
            link, requests, at, since, data = state
            data += link.recv(65536)
            _, whole, holds = requests[at]
            if not whole(data):
                state[4] = data
                continue
            if holds not in data:
                sys.exit(f"a lock's cycle was answered {data!r}")
            at += 1
            if at == len(requests):
                at, now = 0, clock()
                times.append((now - since) * 1000)
                state[3] = now
            link.send(requests[at][0])
            state[2], state[4] = at, b""
    seconds = clock() - begun
    for state in states.values():
        state[0].close()
    times.sort()
    return len(times) / seconds, times[len(times) // 2], times[len(times) * 99 // 100]


NAMES = itertools.count()


def name():
    """Of a lock that nobody has yet: the last cycle of a run is left half done."""
    return f"lock:{next(NAMES)}"


def by_script(port, lock):
    sha = cli(port, "script", "load", RELEASE[1])
    return [(frame("set", lock, "owner", "nx", "px", "30000"), lines(1), b"+OK"),
            (frame("evalsha", sha, "1", lock, "owner"), lines(1), b":1")]


def by_del(_, lock):
    return [(frame("set", lock, "owner", "nx", "px", "30000"), lines(1), b"+OK"), (frame("del", lock), lines(1), b":1")]


def native(_, lock):
    return [(frame("lock.acquire", lock, "owner", "px", "30000"), lines(3), b"*2"),
            (frame("lock.release", lock, "owner"), lines(1), b":1")]


def of_etcd(port, lock):
    link = socket.create_connection(("127.0.0.1", port))
    link.sendall(post("/v3/lease/grant", {"TTL": 60}))
    data = b""
    while not http(data):
        data += link.recv(65536)
    lease = int(json.loads(data[data.index(b"{"):data.rindex(b"}") + 1])["ID"])
    encoded = lambda text: base64.b64encode(text.encode()).decode()
    return [(post("/v3/lock/lock", {"name": encoded(lock), "lease": lease}), http, b'"key"'),
            (post("/v3/lock/unlock", {"key": encoded(f"{lock}/{lease:x}")}), http, b'"header"')]


class Etcd:
    def __init__(self, temp):
        ports = free_ports(6)
        self.ports, peers = ports[:3], ports[3:]
        members = ",".join(f"n{i}=http://127.0.0.1:{port}" for i, port in enumerate(peers))
        log = open(os.path.join(temp, "etcd.log"), "w")
        self.children = [subprocess.Popen(
            ["etcd", "--name", f"n{i}", "--data-dir", os.path.join(temp, f"etcd{i}"), "--listen-client-urls", f"http://127.0.0.1:{port}",
             "--advertise-client-urls", f"http://127.0.0.1:{port}", "--listen-peer-urls", f"http://127.0.0.1:{peer}",
             "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", members], stdout=log, stderr=log)
            for i, (port, peer) in enumerate(zip(self.ports, peers))]
        for _ in range(100):
            time.sleep(0.2)
            status = [subprocess.run(["etcdctl", "--endpoints", f"127.0.0.1:{port}", "endpoint", "status", "-w", "json"],
                                     capture_output=True, text=True, env={**os.environ, "ETCDCTL_API": "3"}).stdout for port in self.ports]
            if all(status):
                status = [json.loads(text)[0]["Status"] for text in status]
                led = [i for i, one in enumerate(status) if one.get("leader") == one["header"]["member_id"]]
                if led:
                    self.leader = self.ports[led[0]]
                    return
        sys.exit("etcd does not elect a leader")

    def stop(self):
        for child in self.children:
            child.kill()
            child.wait()


def table(rounds, clients, n, redis, cluster, etcd):
    leader = cluster.ports[cluster.leader()]
    follower = next(port for port in cluster.ports if port != leader)
    targets = [("Redis, EVALSHA", redis, by_script), ("Redis, DEL", redis, by_del), ("leader, EVALSHA", leader, by_script),
               ("leader, DEL", leader, by_del), ("leader, native", leader, native), ("follower, EVALSHA", follower, by_script),
               ("follower, native", follower, native), ("etcd, its leader", etcd.leader, of_etcd)]
    rows = {target: [] for target, *_ in targets}
    for _ in range(rounds):
        for target, port, requests in targets:
            count = n // 10 if requests is of_etcd else n
            rows[target].append(drive(port, [requests(port, name()) for _ in range(clients)], count))
    median = lambda target, i: statistics.median(row[i] for row in rows[target])
    print(f"{clients} clients        cycles/s   x Redis    x etcd    p50 ms   x Redis   x etcd    p99 ms   x Redis")
    for target in rows:
        rate, p50, p99 = (median(target, i) for i in range(3))
        print(f"{target:18}{rate:10.0f}{rate / median('Redis, EVALSHA', 0):10.2f}{rate / median('etcd, its leader', 0):10.2f}{p50:10.3f}"
              f"{p50 / median('Redis, EVALSHA', 1):10.2f}{p50 / median('etcd, its leader', 1):9.2f}{p99:10.3f}"
              f"{p99 / median('Redis, EVALSHA', 2):10.2f}")


def handover(cluster, waiters=100, n=20_000):
    leader = cluster.ports[cluster.leader()]
    set_p50 = drive(leader, [[(frame("set", "k", "v"), lines(1), b"+OK")]], 2000)[1]
    poll, states, granted = select.epoll(), {}, lines(3)
    for i in range(waiters):
        link = connect(cluster.ports[i % 3])
        poll.register(link, select.EPOLLIN)
        take = frame("lock.acquire", "handed", f"owner{i}", "px", "60000", "wait", "60000")
        states[link.fileno()] = [link, take, frame("lock.release", "handed", f"owner{i}"), b""]
        link.sendall(take)
    begun, released, times = time.perf_counter(), None, []
    while len(times) < n:
        for fd, _ in poll.poll():
            state = states[fd]
            link, take, release, data = state
            data += link.recv(4096)
            if data.startswith(b":1\r\n"):
                data = data[4:]
                link.send(take)
            elif data.startswith(b"*2") and granted(data):
                data, now = b"", time.perf_counter()
                if released:
                    times.append((now - released) * 1000)
                released = time.perf_counter()
                link.send(release)
            elif data.endswith(b"\r\n") and not data.startswith(b"*2"):
                sys.exit(f"a waiter was answered {data!r}")
            state[3] = data
    seconds = time.perf_counter() - begun
    for state in states.values():
        state[0].close()
    times.sort()
    p50 = times[n // 2]
    print(f"hand-over to the next of {waiters}: {n / seconds:.0f} a second, p50 {p50:.3f} ms, {p50 / set_p50:.2f} x a SET's {set_p50:.3f} ms")


def hold(port, count, until):
    """Holds `count` locks until then, by our clock. On many connections: a connection acquires one after the other."""
    connections, each = [Connection(port) for _ in range(50)], 40
    for start in range(0, count, each * len(connections)):
        px = int((until - time.perf_counter()) * 1000)
        for i, connection in enumerate(connections):
            first = start + i * each
            connection.socket.sendall(b"".join(frame("lock.acquire", f"held:{n}", "owner", "px", str(px)) for n in range(first, first + each)))
        for connection in connections:
            for _ in range(3 * each):
                connection.file.readline()


def cpu(cluster):
    return cpu_seconds([child.pid for child in cluster.children.values()])


def idle(cluster):
    before = cpu(cluster)
    time.sleep(10)
    without = cpu(cluster) - before
    hold(cluster.ports[cluster.leader()], 100_000, time.perf_counter() + 3600)
    time.sleep(3)
    before = cpu(cluster)
    time.sleep(10)
    print(f"CPU of three nodes in 10 s: {without:.2f} s without locks, {cpu(cluster) - before:.2f} s with 100,000 held ones")
    cli(cluster.ports[0], "flushall")


def expiry(cluster):
    leader = cluster.ports[cluster.leader()]
    connection = Connection(leader)

    def worst(seconds):
        longest, until = 0.0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            began = time.perf_counter()
            connection.ask("set", "other", "v")
            longest = max(longest, time.perf_counter() - began)
            time.sleep(0.0005)
        return longest * 1000

    quiet = worst(3)
    until = time.perf_counter() + 20
    hold(leader, 100_000, until)
    held = cli(leader, "dbsize")
    time.sleep(max(0, until - 0.5 - time.perf_counter()))
    during = worst(3)
    left = cli(leader, "dbsize")
    print(f"{held} keys, all but one of them locks that expire at once: another client's longest SET {during:.1f} ms (without {quiet:.1f} ms), "
          f"{left} keys 2.5 s later")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["cycles", "one", "handover", "idle", "expiry"])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    temp = tempfile.mkdtemp(prefix="locks-", dir=os.getcwd())
    redis_port = free_ports(1)[0]
    redis = subprocess.Popen(["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
                              "--appendfsync", "always"], stdout=subprocess.DEVNULL, cwd=temp)
    cluster = etcd = None
    try:
        wait_ready(redis_port, "redis-server")
        cluster = Cluster(temp, 3)
        if {"cycles", "one"} & set(options.what):
            etcd = Etcd(temp)
        for what in options.what:
            if what == "cycles":
                table(options.rounds, 50, 30_000, redis_port, cluster, etcd)
            elif what == "one":
                table(options.rounds, 1, 3_000, redis_port, cluster, etcd)
            else:
                {"handover": handover, "idle": idle, "expiry": expiry}[what](cluster)
    finally:
        redis.kill()
        redis.wait()
        for started in (cluster, etcd):
            if started:
                started.stop()
        shutil.rmtree(temp, ignore_errors=True)


if __name__ == "__main__":
    main()
