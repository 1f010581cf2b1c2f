"""arq: jobs with results, deferred, and tried again."""

import asyncio

import common
from arq import create_pool
from arq_tasks import settings

loop = asyncio.new_event_loop()


def main():
    common.python("arq", "arq_tasks.WorkerSettings")
    pool = loop.run_until_complete(create_pool(settings))
    sent = {}

    def step(number):
        name = "flaky" if number % 8 == 4 else "square"
        later = {"_defer_by": 1} if number % 8 == 2 else {}
        sent[number] = loop.run_until_complete(pool.enqueue_job(name, number, number, **later))

    common.load(step)
    common.all_ran(sent, exactly_once=True)
    for number, job in sent.items():
        expected = -number if number % 8 == 4 else number * number
        assert loop.run_until_complete(job.result(timeout=common.FINISH_S, poll_delay=0.1)) == expected
    return {"jobs": len(sent)}


if __name__ == "__main__":
    common.run(main)
