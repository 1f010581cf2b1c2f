"""RQ: jobs with results, at a time, after other jobs, and tried again."""

import datetime

import common
import rq_tasks
from redis import Redis
from rq import Queue, Retry


def main():
    url = f"{common.url(common.SURVIVOR)}?socket_timeout={common.TIMEOUT_S}"
    common.python("rq.cli", "worker", "--with-scheduler", "--url", url)
    queue = Queue(connection=Redis.from_url(url))
    sent = {}

    def step(number):
        if number % 8 == 2:
            sent[number] = queue.enqueue_in(datetime.timedelta(seconds=1), rq_tasks.square, number, number)
        elif number % 8 == 4:
            sent[number] = queue.enqueue(rq_tasks.flaky, number, number, retry=Retry(max=3))
        elif number % 8 == 6:
            sent[number] = queue.enqueue(rq_tasks.square, number, number, depends_on=sent[number - 1])
        else:
            sent[number] = queue.enqueue(rq_tasks.square, number, number)

    common.load(step)
    flaky = [number for number in sent if number % 8 == 4]
    common.all_ran([*sent, *(f"tried-{number}" for number in flaky)], exactly_once=True)
    for number, job in sent.items():
        common.until(lambda job=job: job.get_status() == "finished", number)
        assert job.latest_result().return_value == (-number if number in flaky else number * number)
    return {"jobs": len(sent), "tried again": len(flaky)}


if __name__ == "__main__":
    common.run(main)
