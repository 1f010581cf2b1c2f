"""aioredlock, with the cluster as its one server; its watchdog renews by itself."""

import asyncio

from aioredlock import Aioredlock, Lock, LockError
from bounds import POLL_S, TTL_S


class Adapter:
    def __init__(self, port):
        self.loop = asyncio.new_event_loop()
        self.manager = Aioredlock(
            [{"host": "127.0.0.1", "port": port}], retry_count=1, retry_delay_min=POLL_S, retry_delay_max=POLL_S
        )

    def run(self, task):
        return self.loop.run_until_complete(task)

    def acquire(self, name, wait_s):
        async def acquire():
            until = self.loop.time() + wait_s
            while True:
                try:
                    return await self.manager.lock(name, lock_timeout=TTL_S)
                except LockError:
                    if self.loop.time() >= until:
                        return None

        return self.run(acquire())

    def release(self, lock):
        self.run(self.manager.unlock(lock))

    def extend(self, lock):
        self.run(self.manager.extend(lock, TTL_S))

    def steal(self, name):
        self.run(self.manager.unlock(Lock(self.manager, name, "not-the-holder", valid=True, lock_timeout=TTL_S)))
