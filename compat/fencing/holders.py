"""Holders of a lock, each a process of its own, and the one who continues them when they have come too late (`play`).

A holder that is to be late stops itself (SIGSTOP) at the worst moment, between the lock and the write: a paused virtual machine, a swapped-out
process or a long collection of garbage do that to anyone."""

import os
import signal
import time
import uuid

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class DropIn:
    """SET NX PX as every library does, and LOCK.TOKEN for the token."""

    def __init__(self, port):
        self.redis = redis.Redis(port=port, retry=Retry(NoBackoff(), 0))
        self.owner = uuid.uuid4().hex

    def acquire(self, key, ttl_ms):
        while True:
            if self.redis.set(key, self.owner, nx=True, px=ttl_ms):
                token = self.redis.execute_command("LOCK.TOKEN", key, self.owner)
                if token is not None:  # else it has expired already
                    return token
            time.sleep(0.01)

    def release(self, key):
        self.redis.eval(RELEASE, 1, key, self.owner)


class Native(DropIn):
    """LOCK.ACQUIRE gives the token with the lock, and waits in a queue."""

    def acquire(self, key, ttl_ms):
        while True:
            got = self.redis.execute_command("LOCK.ACQUIRE", key, self.owner, "PX", ttl_ms, "WAIT", 5000)
            if got is not None:
                return got[0]

    def release(self, key):
        self.redis.execute_command("LOCK.RELEASE", key, self.owner)


class Holder:
    """A process that takes the lock and writes; one that stops does so in between, and does not release the lock."""

    def __init__(self, port, resource, is_guarded, key, ttl_ms, stops):
        self.pipe, theirs = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            code = 1
            try:
                self.run(resource.locks(port), resource.connect(is_guarded), key, ttl_ms, stops, theirs)
                code = 0
            finally:
                os._exit(code)
        os.close(theirs)
        self.lines = os.fdopen(self.pipe)
        self.token = int(self.line())

    @staticmethod
    def run(lock, write, key, ttl_ms, stops, out):
        name = f"lock:{{{key}}}"
        token = lock.acquire(name, ttl_ms)
        os.write(out, b"%d\n" % token)
        if stops:
            os.kill(os.getpid(), signal.SIGSTOP)
        accepted = write(key, token, f"written with token {token}")
        os.write(out, b"%d\n" % accepted)
        if not stops:
            lock.release(name)

    def line(self):
        line = self.lines.readline()
        if not line:
            raise RuntimeError("a holder ended early")
        return line

    def wait_stopped(self):
        os.waitpid(self.pid, os.WUNTRACED)

    def finish(self):
        """Lets it go on; True if its write was accepted."""
        os.kill(self.pid, signal.SIGCONT)
        accepted = self.line() == "1\n"
        os.waitpid(self.pid, 0)
        self.lines.close()
        return accepted


def play(port, resource, is_guarded, key, ttl_ms, count):
    """`count` holders, each stopped past its TTL until the next one has the lock and has written. Returns how many wrote late, and how many of
    those writes were accepted."""
    late, accepted_late = 0, 0
    for _ in range(count):
        stopped = Holder(port, resource, is_guarded, key, ttl_ms, True)
        stopped.wait_stopped()
        following = Holder(port, resource, is_guarded, key, 30_000, False)
        assert following.token > stopped.token, f"token {following.token} after {stopped.token}"
        assert following.finish(), f"the holder was refused (token {following.token})"
        late += 1
        accepted_late += stopped.finish()
    return late, accepted_late
