"""What each lock library of Python is put through. An adapter (a module beside this one) is a class `Adapter(port)` with

    acquire(name, wait_s)    a handle, or None if the lock was not got within that time (0: at once)
    release(handle)
    extend(handle)           starts the lease anew; None as a class attribute where the library has no such call
    steal(name)              tries to release the lock as somebody who does not hold it; the library's refusal (an exception) is passed on

Its times are those of bounds.py. Called as `driver.py <adapter> <mode> <port> <name> [<journal>]`:

    storm   takes and releases the lock until standard input ends, each time with an entry in the journal; prints what it did as JSON
    owner   who does not hold the lock cannot release it, and who does can
    renew   holds the lock by renewals until standard input ends (at least twice its TTL); nobody else gets it meanwhile
"""

import importlib
import json
import sys
import threading
import time

from bounds import RENEW_EVERY_S, TTL_S, WAIT_S
from journal import Journal


def storm(adapter, name, journal):
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print("ready", flush=True)
    acquired, missed, longest, errors = 0, 0, 0.0, []
    last = time.monotonic()
    while not ended.is_set():
        try:
            handle = adapter.acquire(name, WAIT_S)
            if handle is None:
                missed += 1
                continue
            journal.section()
            adapter.release(handle)
        except Exception as error:  # whatever a library raises is what its user would see
            errors.append(f"{type(error).__name__}: {error}")
            time.sleep(0.05)
            continue
        acquired += 1
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    print(json.dumps({"acquired": acquired, "missed": missed, "longest_ms": round(longest * 1000), "errors": errors[:3]}))


def owner(adapter, name):
    handle = adapter.acquire(name, WAIT_S)
    assert handle is not None, "a free lock was not got"
    assert adapter.acquire(name, 0) is None, "a held lock was got a second time"
    try:
        adapter.steal(name)
        refusal = "silently"
    except Exception as error:  # each library has its own
        refusal = type(error).__name__
    assert adapter.acquire(name, 0) is None, "somebody else released the lock"
    adapter.release(handle)
    again = adapter.acquire(name, WAIT_S)
    assert again is not None, "a released lock was not got"
    adapter.release(again)
    print(f"refused: {refusal}")


def renew(adapter, name):
    if adapter.extend is None:
        print("no renewals")
        return
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    handle = adapter.acquire(name, WAIT_S)
    assert handle is not None, "a free lock was not got"
    print("ready", flush=True)
    until = time.monotonic() + 2 * TTL_S
    count = 0
    while time.monotonic() < until or not ended.is_set():
        time.sleep(RENEW_EVERY_S)
        handle = adapter.extend(handle) or handle
        assert adapter.acquire(name, 0) is None, f"the lock was got by another after {count} renewals"
        count += 1
    adapter.release(handle)
    again = adapter.acquire(name, WAIT_S)
    assert again is not None, "a released lock was not got"
    adapter.release(again)
    print(f"{count} renewals")


def main():
    module, mode, port, name, *rest = sys.argv[1:]
    adapter = importlib.import_module(module).Adapter(int(port))
    if mode == "storm":
        storm(adapter, name, Journal(rest[0]))
    else:
        {"owner": owner, "renew": renew}[mode](adapter, name)


if __name__ == "__main__":
    main()
