"""arq's functions and the settings of its worker."""

import common
from arq import Retry
from arq.connections import RedisSettings

settings = RedisSettings(port=common.SURVIVOR, database=common.DB, conn_timeout=5)


async def square(context, job, number):
    common.ran(job)
    return number * number


async def flaky(context, job, number):
    """Fails the first time."""
    if context["job_try"] == 1:
        raise Retry(defer=0.2)
    common.ran(job)
    return -number


class WorkerSettings:
    functions = [square, flaky]
    redis_settings = settings
    max_jobs = 4
    poll_delay = 0.2
