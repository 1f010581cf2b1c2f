"""taskiq's broker on a stream and its tasks."""

import common
from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

url = f"{common.url(common.SURVIVOR)}?socket_timeout={common.TIMEOUT_S}"
broker = RedisStreamBroker(url, idle_timeout=5000).with_result_backend(RedisAsyncResultBackend(url, result_ex_time=600))


@broker.task
async def square(job: int, number: int) -> int:
    common.ran(job)
    return number * number
