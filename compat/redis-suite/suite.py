"""Redis's own test suite, as for any external server, against one node of ours for each unit.

    compat/redis-suite/run [--long] [--write] [--all] [--only <test>]… [unit]…

- no names: all units; otherwise these, as `unit/type/string`;
- `--long`: also what skip.txt marks as long, and the suite's longer random runs;
- `--write`: writes the table of README.md anew. Without it the table of a whole, short run has to be what stands there;
- `--all`: nothing of skip.txt is skipped;
- `--only`: just these tests, by name or `/regex`, whatever skip.txt says of them.

It fails if a test fails that skip.txt does not name, if a unit does not come to its end, or if a line of skip.txt skips nothing any more.
skip.txt says how it is written. It may also name an error outside of the tests, by the text that the suite shows of it.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cluster import Node, free_ports
from readme import check_table

HERE = Path(__file__).parent
SUITE = HERE / "target" / "suite"
# Units at the same time: each keeps about one core busy, with its node.
WORKERS = 2
# A unit that says nothing for so long is ended.
SILENCE_S = 60
UNIT_TIMEOUT_S = 240
LONG_FACTOR = 5
FLAGS = ["--enable-debug-command", "yes"]
# These begin with the first, so that the last to end is a short one.
SLOWEST = []
LINE = re.compile(r"^\[(ok|err|skip|ignore|exception|timeout)\]: (.*)", re.I | re.M)
RUNNING = re.compile(r"=> \(IN PROGRESS\) (.*)")


@dataclass
class Skipped:
    name: str
    reason: str
    line: int
    is_used: bool = False

    def fits(self, test):
        return re.search(self.name[1:], test) is not None if self.name.startswith("/") else self.name == test


@dataclass
class SkipList:
    """By unit. `whole` are units that are not run at all, `tags` are the suite's own, for what a server may lack."""

    tests: dict = field(default_factory=dict)
    whole: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)


@dataclass
class Outcome:
    unit: str
    passed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    by_tag: Counter = field(default_factory=Counter)
    seconds: float = 0
    output: str = ""
    log_end: str = ""


def read_skips(path, is_long):
    skips, unit, names = SkipList(), None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if heading := re.fullmatch(r"\[(.*)\]", line):
            if names:
                raise SystemExit(f"skip.txt:{number}: a test without a reason: {names[0][1]}")
            unit, names = heading[1], None
        elif line.startswith("    "):
            reason = line.strip()
            if names is None:
                skips.whole[unit] = reason
                names = []
            elif not names:
                raise SystemExit(f"skip.txt:{number}: a reason without a test")
            is_skipped = not (reason.startswith("long:") and is_long)
            for at, name in names if is_skipped else []:
                if unit == "tags":
                    skips.tags[name] = reason
                else:
                    skips.tests.setdefault(unit, []).append(Skipped(name, reason, at))
            names = []
        elif unit is None:
            raise SystemExit(f"skip.txt:{number}: a test without a unit")
        else:
            names = (names or []) + [(number, line)]
    if names:
        raise SystemExit(f"skip.txt: a test without a reason: {names[0][1]}")
    return skips


def all_units():
    text = (SUITE / "tests" / "test_helper.tcl").read_text()
    return re.search(r"set ::all_tests \{(.*?)\}", text, re.S)[1].split()


def run_unit(unit, skips, options, program, port, base_port):
    outcome = Outcome(unit)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lockstep-redis-suite-") as base:
        node = Node(program, Path(base), port, None, FLAGS)
        try:
            node.start()
            outcome.output = run_suite(unit, skips, options, node, base_port, Path(base))
        finally:
            ended = node.process.poll()
            if ended is None:
                node.kill()
        outcome.log_end = node.log_end()
    read_output(outcome, skips)
    if ended is not None and unit not in MAY_END:
        outcome.failed.append(("the node", f"ended with {ended}"))
    outcome.seconds = time.monotonic() - began
    return outcome


# In these SHUTDOWN or the like ends the node.
MAY_END = {"unit/shutdown"}


def run_suite(unit, skips, options, node, base_port, base):
    command = ["tclsh", "tests/test_helper.tcl", "--host", "127.0.0.1", "--port", str(node.port), "--single", unit, "--durable"]
    command += ["--baseport", str(base_port), "--timeout", str(SILENCE_S), "--dont-clean", "--dont-pre-clean"]
    for tag in skips.tags:
        command += ["--tags", f"-{tag}"]
    if options.long:
        command += ["--accurate", "--large-memory"]
    for name in options.only:
        command += ["--only", name]
    if not options.only:
        for test in skips.tests.get(unit, []):
            command += ["--skiptest", test.name]
    log = base / "output"
    with open(log, "wb") as output:
        process = subprocess.Popen(command, cwd=SUITE, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        try:
            process.wait(UNIT_TIMEOUT_S * (LONG_FACTOR if options.long else 1))
        except subprocess.TimeoutExpired:
            output.write(b"\n[TIMEOUT]: the unit\n")
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # its helpers as well
            except ProcessLookupError:
                pass
            process.wait()
    return log.read_text(errors="replace")


def read_output(outcome, skips):
    text = re.sub(r"\x1b?\[[0-9;]*m", "", outcome.output.split("\n                   The End\n")[0])
    text, done, _ = text.partition(f"[1/1 done]: {outcome.unit} (")
    found = list(LINE.finditer(text))
    for index, match in enumerate(found):
        what, name = match[1].lower(), match[2]
        rest = text[match.end() : found[index + 1].start() if index + 1 < len(found) else len(text)].strip()
        if what == "ok":
            outcome.passed.append(re.sub(r" \(-?\d+ ms\)$", "", name))
        elif what == "err":
            name = re.sub(r" in tests/\S+\.tcl$", "", name)
            known = [test for test in skips.tests.get(outcome.unit, []) if test.name == name]
            for test in known:
                test.is_used = True
            if known:
                outcome.skipped.append((name, known[0].reason))
            else:
                outcome.failed.append((name, rest))
        elif what == "skip":
            used = [test for test in skips.tests.get(outcome.unit, []) if test.fits(name)]
            for test in used:
                test.is_used = True
            outcome.skipped.append((name, used[0].reason if used else ""))
        elif what == "ignore":
            outcome.by_tag[name.rsplit(": ", 1)[-1]] += 1
        else:
            running = RUNNING.search(rest)
            outcome.failed.append((running[1] if running else "the unit", f"{what}: {name}\n{rest}"))
            return
    if not done:
        outcome.failed.append(("the unit", f"no end:\n{text[-2000:]}"))


def run_all(units, skips, options, program):
    outcomes, waiting, lock = {}, list(units), threading.Lock()
    ports = free_ports(WORKERS)

    def work(worker):
        while True:
            with lock:
                if not waiting:
                    return
                unit = waiting.pop(0)
            try:
                outcome = run_unit(unit, skips, options, program, ports[worker], 21111 + 1000 * worker)
            except BaseException as error:  # told as the unit's, whatever it is
                outcome = Outcome(unit, failed=[("the runner", repr(error))])
            with lock:
                outcomes[unit] = outcome
                show(outcome, options)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def show(outcome, options):
    word = "FAIL" if outcome.failed else "ok  "
    skipped = 0 if options.only else len(outcome.skipped)
    print(f"{word} {outcome.unit}: {len(outcome.passed)} passed, {skipped} skipped, {len(outcome.failed)} failed ({outcome.seconds:.0f} s)", flush=True)
    for name, why in outcome.failed:
        print(f"     {name}\n" + "".join(f"         {line}\n" for line in why.splitlines()[:12]), end="", flush=True)
    if outcome.failed:
        print(f"     --- end of the node's log ---\n{outcome.log_end[-800:]}", flush=True)


def table(units, outcomes, skips):
    rows = ["| unit | passed | skipped, see skip.txt | failed |", "| --- | ---: | ---: | ---: |"]
    empty, total = [], [0, 0, 0]
    for unit in units:
        if unit in skips.whole:
            rows.append(f"| {unit} | | whole: {skips.whole[unit]} | |")
            continue
        outcome = outcomes[unit]
        counts = [len(outcome.passed), len(outcome.skipped), len(outcome.failed)]
        if not any(counts):
            empty.append(unit)
            continue
        total = [sum(pair) for pair in zip(total, counts)]
        rows.append(f"| {unit} | {' | '.join(map(str, counts))} |")
    rows.append(f"| all | {' | '.join(map(str, total))} |")
    return "\n".join(rows) + f"\n\nWithout a test for external servers: {', '.join(empty)}.\n"


def main():
    parser = argparse.ArgumentParser()
    for flag in ("--long", "--write", "--all"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("units", nargs="*")
    options = parser.parse_args()
    began = time.monotonic()
    program = os.environ.get("LOCKSTEP_BIN") or str(HERE.parents[1] / "target" / "debug" / "lockstep")
    skips = read_skips(HERE / "skip.txt", options.long)
    known = all_units()
    wrong = [unit for unit in [*options.units, *skips.whole, *skips.tests] if unit not in known]
    if wrong:
        raise SystemExit(f"no such unit: {', '.join(wrong)}")
    if options.all:
        skips = SkipList(tags=skips.tags)
    units = options.units or [unit for unit in known if unit not in skips.whole]
    outcomes = run_all(sorted(units, key=lambda unit: unit not in SLOWEST), skips, options, program)
    passed = not any(outcome.failed for outcome in outcomes.values())
    if not options.only:
        for unit in units:
            for test in skips.tests.get(unit, []):
                if not test.is_used:
                    print(f"FAIL skip.txt:{test.line}: {unit} has no such test: {test.name}")
                    passed = False
    if not (options.only or options.units or options.long or options.all):
        passed &= check_table(HERE / "README.md", table(known, outcomes, skips), options.write)
    print(f"{sum(len(outcome.passed) for outcome in outcomes.values())} tests passed, {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
