"""redis-py's own Lock."""

import redis
from bounds import POLL_S, TIMEOUT_S, TTL_S


class Adapter:
    def __init__(self, port):
        self.redis = redis.Redis(port=port, socket_timeout=TIMEOUT_S)

    def acquire(self, name, wait_s):
        lock = self.redis.lock(name, timeout=TTL_S, sleep=POLL_S)
        return lock if lock.acquire(blocking=wait_s > 0, blocking_timeout=wait_s or None) else None

    def release(self, lock):
        lock.release()

    def extend(self, lock):
        lock.reacquire()

    def steal(self, name):
        lock = self.redis.lock(name, timeout=TTL_S)
        lock.local.token = b"not-the-holder"
        lock.release()
