"""huey: tasks with results, delayed, chained, and tried again."""

import common
from huey_tasks import add, flaky, huey, square


def main():
    common.start(common.script("huey_consumer"), "huey_tasks.huey", "-w", "2")
    sent, chained = {}, {}

    def step(number):
        if number % 8 == 2:
            sent[number] = square.schedule((number, number), delay=1), number * number
        elif number % 8 == 4:
            sent[number] = flaky(number, number), -number
        elif number % 8 == 6:
            chain = square.s(number, number).then(add, f"after-{number}")
            chained[number] = list(huey.enqueue(chain))
        else:
            sent[number] = square(number, number), number * number

    common.load(step)
    for result, expected in sent.values():
        assert result.get(blocking=True, timeout=common.FINISH_S) == expected
    for number, results in chained.items():
        assert [result.get(blocking=True, timeout=common.FINISH_S) for result in results] == [number * number, number * number + 1]
    jobs = [*sent, *chained, *(f"after-{number}" for number in chained), *(f"tried-{n}" for n in sent if n % 8 == 4)]
    common.all_ran(jobs, exactly_once=True)
    return {"tasks": len(jobs), "chains": len(chained)}


if __name__ == "__main__":
    common.run(main)
