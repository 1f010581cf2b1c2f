"""portalocker's RedisLock: who subscribes to the channel holds the lock."""

import portalocker
import redis
from bounds import POLL_S, TIMEOUT_S

# Longer than a failover: who does not answer within it is taken for gone.
UNAVAILABLE_S = 3


class Adapter:
    extend = None

    def __init__(self, port):
        self.options = {"host": "127.0.0.1", "port": port, "socket_timeout": TIMEOUT_S}

    def lock(self, name, wait_s):
        return portalocker.RedisLock(
            name,
            redis_kwargs=self.options,
            timeout=wait_s,
            check_interval=POLL_S,
            fail_when_locked=False,
            unavailable_timeout=UNAVAILABLE_S,
        )

    def acquire(self, name, wait_s):
        lock = self.lock(name, wait_s)
        try:
            lock.acquire(timeout=wait_s, fail_when_locked=wait_s == 0)
            return lock
        except portalocker.LockException:  # held, or no answer within its time
            return None

    def release(self, lock):
        lock.release()

    def steal(self, name):
        self.lock(name, 0).release()
