"""Dramatiq: actors with results, delayed, tried again, and limited."""

import common
from dramatiq_tasks import flaky, square


def main():
    common.python("dramatiq", "dramatiq_tasks", "--processes", "1", "--threads", "4")
    sent = {}

    def step(number):
        if number % 8 == 2:
            sent[number] = square.send_with_options(args=(number, number), delay=1000)
        elif number % 8 == 4:
            sent[number] = flaky.send(number, number)
        else:
            sent[number] = square.send(number, number)

    common.load(step)
    flaky_ones = [number for number in sent if number % 8 == 4]
    again = common.all_ran([*sent, *(f"tried-{number}" for number in flaky_ones)])
    for number, message in sent.items():
        found = message.get_result(block=True, timeout=common.FINISH_S * 1000)
        assert found == (-number if number in flaky_ones else number * number), (number, found)
    return {"messages": len(sent), "tried again": len(flaky_ones), "ran again": again}


if __name__ == "__main__":
    common.run(main)
