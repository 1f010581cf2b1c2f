"""python-redis-lock: SET NX, and BLPOP to wait."""

import redis
import redis_lock
from bounds import TIMEOUT_S, TTL_S


class Adapter:
    def __init__(self, port):
        self.redis = redis.Redis(port=port, socket_timeout=TIMEOUT_S)

    def acquire(self, name, wait_s):
        lock = redis_lock.Lock(self.redis, name, expire=TTL_S)
        got = lock.acquire(timeout=min(wait_s, TTL_S)) if wait_s else lock.acquire(blocking=False)
        return lock if got else None

    def release(self, lock):
        lock.release()

    def extend(self, lock):
        lock.extend()

    def steal(self, name):
        redis_lock.Lock(self.redis, name, expire=TTL_S).release()
