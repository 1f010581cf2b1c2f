"""Dramatiq's actors, as its worker imports them."""

import common
import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.rate_limits import ConcurrentRateLimiter
from dramatiq.rate_limits.backends import RedisBackend as LimitBackend
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

place = {"host": "127.0.0.1", "port": common.SURVIVOR, "db": common.DB, "socket_timeout": common.TIMEOUT_S}
broker = RedisBroker(**place)
results = RedisBackend(**place)
broker.add_middleware(Results(backend=results))
dramatiq.set_broker(broker)
# More than two at a time are put off, and tried again.
two = ConcurrentRateLimiter(LimitBackend(**place), "two", limit=2, ttl=60000)


@dramatiq.actor(store_results=True)
def square(job, number):
    common.ran(job)
    return number * number


@dramatiq.actor(store_results=True, max_retries=5, min_backoff=100, max_backoff=500)
def flaky(job, number):
    """Fails the first time."""
    if common.runs().get(f"tried-{job}", 0) == 0:
        common.ran(f"tried-{job}")
        raise RuntimeError("on purpose")
    with two.acquire():
        common.ran(job)
        return -number
