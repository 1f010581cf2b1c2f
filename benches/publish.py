#!/usr/bin/env python3
"""Deliveries of published messages beside Redis: 100 subscribers of one channel, and publishers that pipeline.

    cargo build --release && python3 benches/publish.py [--subscribers 100] [--messages 20000] [--rounds 3]

Subscribers are spread over all three nodes while the publisher's node is the leader, then a follower; then all are at the leader, with the
publisher. One process reads for all
subscribers and counts bytes, the same for every server, so this compares servers and is no server's limit.
"""
import argparse, os, selectors, shutil, socket, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import cli, free_ports, wait_ready
from figures import Cluster, Connection

TEXT = "m" * 64


def deliveries(ports, publisher, subscribers, messages):
    """Messages that arrive in a second, over all subscribers."""
    poll, left = selectors.DefaultSelector(), {}
    for i in range(subscribers):
        connection = Connection(ports[i % len(ports)])
        connection.ask("SUBSCRIBE", "channel")
        for _ in range(5):
            connection.file.readline()
        poll.register(connection.socket, selectors.EVENT_READ)
        left[connection.socket] = messages * len(b"*3\r\n$7\r\nmessage\r\n$7\r\nchannel\r\n$64\r\n%s\r\n" % TEXT.encode())
    load = ["redis-benchmark", "-p", str(publisher), "-c", "10", "-P", "16", "-n", str(messages), "-q", "publish", "channel", TEXT]
    began = time.perf_counter()
    sender = subprocess.Popen(load, stdout=subprocess.DEVNULL)
    while left:
        for key, _ in poll.select():
            count = len(key.fileobj.recv(1 << 20))
            if count == 0:
                sys.exit("a subscriber was closed")
            left[key.fileobj] -= count
            if left[key.fileobj] <= 0:
                poll.unregister(key.fileobj)
                del left[key.fileobj]
                key.fileobj.close()
    seconds = time.perf_counter() - began
    sender.wait()
    return messages * subscribers / seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    temp = tempfile.mkdtemp(prefix="publish-", dir=os.getcwd())
    port = free_ports(1)[0]
    redis = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
                              "--appendfsync", "always", "--client-output-buffer-limit", "pubsub 0 0 0"],
                             stdout=subprocess.DEVNULL, cwd=temp)
    cluster = None
    try:
        wait_ready(port, "redis-server")
        cluster = Cluster(temp, 3)
        for node in cluster.ports:
            cli(node, "config", "set", "client-output-buffer-limit", "pubsub 0 0 0")
        leader = cluster.ports[cluster.leader()]
        follower = next(other for other in cluster.ports if other != leader)
        targets = [("redis", [port], port), ("leader", cluster.ports, leader), ("follower", cluster.ports, follower),
                   ("leader, all there", [leader], leader)]
        rates = {name: [] for name, *_ in targets}
        for _ in range(options.rounds):
            for name, ports, publisher in targets:
                rates[name].append(deliveries(ports, publisher, options.subscribers, options.messages))
        base = statistics.median(rates["redis"])
        for name, values in rates.items():
            print(f"{name:20}{statistics.median(values):12.0f} deliveries/s, ratio {statistics.median(values) / base:.2f}")
    finally:
        redis.kill()
        redis.wait()
        if cluster:
            cluster.stop()
        shutil.rmtree(temp, ignore_errors=True)


if __name__ == "__main__":
    main()
