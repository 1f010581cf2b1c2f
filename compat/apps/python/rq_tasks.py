"""RQ's jobs: its worker imports them by name."""

import common


def square(job, number):
    common.ran(job)
    return number * number


def flaky(job, number):
    """Fails the first time."""
    if common.runs().get(f"tried-{job}", 0) == 0:
        common.ran(f"tried-{job}")
        raise RuntimeError("on purpose")
    common.ran(job)
    return -number
