"""Celery: tasks that are acknowledged late, their results, chords and countdowns."""

import common
from celery import Celery, chord

app = Celery("celery_proof", broker=common.url(common.SURVIVOR), backend=common.url(common.SURVIVOR, common.DB + 1))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 60, "socket_timeout": common.TIMEOUT_S},
    redis_socket_timeout=common.TIMEOUT_S,
)


@app.task(name="square")
def square(job, number):
    common.ran(job)
    return number * number


@app.task(name="total")
def total(numbers, job):
    common.ran(job)
    return sum(numbers)


def main():
    common.python("celery", "-A", "celery_proof", "worker", "--concurrency=2", "--without-gossip", "--without-mingle", "--loglevel=INFO")
    sent, chords = {}, {}

    def step(number):
        if number % 10 == 9:
            numbers = range(number, number + 4)
            parts = [square.si(f"part-{number}-{part}", part) for part in numbers]
            chords[number] = chord(parts)(total.s(f"chord-{number}")), sum(part * part for part in numbers)
        elif number % 10 == 4:
            sent[number] = square.apply_async((number, number), countdown=1)
        else:
            sent[number] = square.delay(number, number)

    common.load(step)
    jobs = [*sent, *(f"chord-{number}" for number in chords)]
    jobs += [f"part-{number}-{part}" for number in chords for part in range(number, number + 4)]
    # First: `get` subscribes and looks at the key without waiting until it is subscribed, so it may miss a result of that very moment.
    again = common.all_ran(jobs)
    for number, result in sent.items():
        assert result.get(timeout=common.FINISH_S) == number * number
    for result, expected in chords.values():
        assert result.get(timeout=common.FINISH_S) == expected
    return {"tasks": len(jobs), "ran again": again, "chords": len(chords)}


if __name__ == "__main__":
    common.run(main)
