"""SAQ's queue, its function and the settings of its worker."""

import common
from saq import Queue

queue = Queue.from_url(f"{common.url(common.SURVIVOR)}?socket_timeout={common.TIMEOUT_S}")


async def square(context, *, job, number):
    common.ran(job)
    return number * number


settings = {"queue": queue, "functions": [square], "concurrency": 4}
