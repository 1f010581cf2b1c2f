"""Three nodes on free ports of 127.0.0.1, in a directory of their own, for as long as the `with` block lasts.

Only processes that were started here are ever stopped. Talks to them through redis-py, set to send each command once.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

START_TIMEOUT_S = 60
NODES = 3


def client(port, **options):
    """A connection that neither retries nor reconnects: what the server does is what one sees."""
    return redis.Redis(
        port=port, decode_responses=True, retry=Retry(NoBackoff(), 0), socket_timeout=30, protocol=2, **options
    )


def free_ports(count):
    """Ports whose companions (+ 10000 for peers, + 2000) are free as well."""
    found = []
    for port in range(14100, 20000):
        try:
            for companion in (port, port + 2000, port + 10000):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", companion))
        except OSError:
            continue
        found.append(port)
        if len(found) == count:
            return found
    raise SystemExit("no free ports on 127.0.0.1")


class Node:
    def __init__(self, program, base, port, join, flags=()):
        self.program, self.port, self.join, self.flags = program, port, join, flags
        self.dir = base / str(port)
        self.log = base / f"{port}.log"
        self.process = None

    def start(self):
        command = [self.program, "--port", str(self.port), "--dir", str(self.dir), *self.flags]
        if self.join:
            command += ["--join", f"127.0.0.1:{self.join}"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(self.answers, f"node {self.port} answers", self)

    def answers(self):
        if self.process.poll() is not None:
            raise SystemExit(f"node {self.port} ended with {self.process.returncode}:\n{self.log_end()}")
        try:
            with client(self.port) as connection:
                return connection.get("no-such-key") is None
        except redis.RedisError:
            return False

    def kill(self):
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def log_end(self):
        return self.log.read_text(errors="replace")[-3000:]


class Cluster:
    def __init__(self, program, flags=()):
        self.base = Path(tempfile.mkdtemp(prefix="lockstep-clients-"))
        ports = free_ports(NODES)
        self.nodes = [
            Node(program, self.base, port, ports[0] if index else None, flags) for index, port in enumerate(ports)
        ]

    def __enter__(self):
        try:
            for node in self.nodes:
                node.start()
            self.wait_complete()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.process.terminate()
        for node in self.nodes:
            if node.process:
                try:
                    node.process.wait(10)
                except subprocess.TimeoutExpired:
                    node.kill()
        shutil.rmtree(self.base, ignore_errors=True)

    def members(self, port=None):
        """RAFT.NODES as a dictionary by port."""
        with client(port or self.nodes[0].port) as connection:
            rows = connection.execute_command("RAFT.NODES")
        rows = [row if isinstance(row, dict) else dict(zip(row[::2], row[1::2])) for row in rows]
        return {int(row["addr"].rsplit(":", 1)[1]): row for row in rows}

    def wait_complete(self, port=None):
        """Until three voters are alive and one leads."""

        def complete():
            try:
                rows = self.members(port).values()
            except redis.RedisError:
                return False
            alive = [row for row in rows if row["voter"] == 1 and row["alive"] == 1]
            return len(alive) == NODES and any(row["role"] == "leader" for row in alive)

        wait_for(complete, "three voters are alive", self.nodes[0])

    def leader(self):
        rows = self.members()
        return next(node for node in self.nodes if rows[node.port]["role"] == "leader")

    def followers(self):
        leader = self.leader()
        return [node for node in self.nodes if node is not leader]


def wait_for(condition, what, node):
    until = time.monotonic() + START_TIMEOUT_S
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"not in {START_TIMEOUT_S} s: {what}. Log of {node.port}:\n{node.log_end()}")
        time.sleep(0.05)
