"""sherlock's RedisLock."""

import redis
import sherlock
from bounds import POLL_S, TIMEOUT_S, TTL_S


class Adapter:
    def __init__(self, port):
        self.redis = redis.Redis(port=port, socket_timeout=TIMEOUT_S)

    def lock(self, name, wait_s):
        return sherlock.RedisLock(name, client=self.redis, expire=TTL_S, timeout=wait_s, retry_interval=POLL_S)

    def acquire(self, name, wait_s):
        lock = self.lock(name, wait_s)
        try:
            return lock if lock.acquire(blocking=wait_s > 0) else None
        except sherlock.LockTimeoutException:
            return None

    def release(self, lock):
        lock.release()

    def extend(self, lock):
        assert lock.renew(), "the renewal was refused"

    def steal(self, name):
        lock = self.lock(name, 0)
        lock._owner = "not-the-holder"
        lock.release()
