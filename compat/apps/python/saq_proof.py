"""SAQ: jobs with results, some of them scheduled."""

import asyncio
import time

import common
from saq_tasks import queue

loop = asyncio.new_event_loop()


def main():
    common.start(common.script("saq"), "saq_tasks.settings")
    loop.run_until_complete(queue.connect())
    # A worker that starts puts back what stands among the running jobs and is not marked so yet; once a minute.
    common.until(lambda: loop.run_until_complete(queue.redis.exists("saq:default:sweep")), "the worker's first look")
    time.sleep(0.5)
    sent = {}

    def step(number):
        later = {"scheduled": int(time.time()) + 1} if number % 8 == 2 else {}
        sent[number] = loop.run_until_complete(queue.enqueue("square", job=number, number=number, ttl=600, **later))

    common.load(step)
    again = common.all_ran(sent)
    for number, job in sent.items():

        def is_complete():
            loop.run_until_complete(job.refresh())
            return job.status == "complete"

        common.until(is_complete, lambda: f"{number}: {job}")
        assert job.result == number * number, (number, job)
    return {"jobs": len(sent), "ran again": again}


if __name__ == "__main__":
    common.run(main)
