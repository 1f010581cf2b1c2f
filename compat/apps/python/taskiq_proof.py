"""taskiq: tasks over a stream with a consumer group, and their results."""

import asyncio

import common
from taskiq_tasks import broker, square

loop = asyncio.new_event_loop()


def main():
    common.start(common.script("taskiq"), "worker", "taskiq_tasks:broker", "--workers", "1")
    loop.run_until_complete(broker.startup())
    sent = {}

    def step(number):
        sent[number] = loop.run_until_complete(square.kiq(number, number))

    common.load(step)
    common.all_ran(sent, exactly_once=True)
    for number, task in sent.items():
        found = loop.run_until_complete(task.wait_result(timeout=common.FINISH_S))
        assert found.return_value == number * number
    loop.run_until_complete(broker.shutdown())
    return {"tasks": len(sent)}


if __name__ == "__main__":
    common.run(main)
