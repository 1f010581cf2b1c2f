"""pottery's Redlock, with the cluster as its one master."""

import redis
from pottery import Redlock
from bounds import TIMEOUT_S, TTL_S


class Adapter:
    def __init__(self, port):
        self.masters = {redis.Redis(port=port, socket_timeout=TIMEOUT_S)}

    def lock(self, name):
        return Redlock(key=name, masters=self.masters, auto_release_time=TTL_S, num_extensions=100)

    def acquire(self, name, wait_s):
        lock = self.lock(name)
        return lock if lock.acquire(blocking=wait_s > 0, timeout=wait_s or -1) else None

    def release(self, lock):
        lock.release()

    def extend(self, lock):
        lock.extend()

    def steal(self, name):
        self.lock(name).release()
