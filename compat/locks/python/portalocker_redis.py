"""portalocker's RedisLock: who subscribes to the channel holds the lock."""

import portalocker
import redis


class Adapter:
    TTL_S = 6
    extend = None

    def __init__(self, port):
        self.options = {"host": "127.0.0.1", "port": port}

    def lock(self, name, wait_s):
        return portalocker.RedisLock(
            name, redis_kwargs=self.options, timeout=wait_s, check_interval=0.02, fail_when_locked=False
        )

    def acquire(self, name, wait_s):
        lock = self.lock(name, wait_s)
        try:
            lock.acquire(timeout=wait_s, fail_when_locked=wait_s == 0)
            return lock
        except portalocker.AlreadyLocked:
            return None

    def release(self, lock):
        lock.release()

    def steal(self, name):
        self.lock(name, 0).release()
