"""huey's tasks, as its consumer imports them."""

import common
from huey import RedisHuey

huey = RedisHuey("proof", url=f"{common.url(common.SURVIVOR)}?socket_timeout={common.TIMEOUT_S}")


@huey.task()
def square(job, number):
    common.ran(job)
    return number * number


@huey.task()
def add(job, number):
    common.ran(job)
    return number + 1


@huey.task(retries=2)
def flaky(job, number):
    """Fails the first time."""
    if common.runs().get(f"tried-{job}", 0) == 0:
        common.ran(f"tried-{job}")
        raise RuntimeError("on purpose")
    common.ran(job)
    return -number
