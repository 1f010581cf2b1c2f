"""redlock-py, with the cluster as its one server."""

import time

from redlock import Lock, Redlock
from bounds import POLL_S, TIMEOUT_S, TTL_S


class Adapter:
    extend = None

    def __init__(self, port):
        server = {"host": "127.0.0.1", "port": port, "socket_timeout": TIMEOUT_S}
        self.manager = Redlock([server], retry_count=1, retry_delay=POLL_S)

    def acquire(self, name, wait_s):
        until = time.monotonic() + wait_s
        while True:
            lock = self.manager.lock(name, TTL_S * 1000)
            if lock or time.monotonic() >= until:
                return lock or None

    def release(self, lock):
        self.manager.unlock(lock)

    def steal(self, name):
        self.manager.unlock(Lock(0, name, b"not-the-holder"))
