"""A connection that sends what it is told and gives back what the server says, in the protocol that the replayed library speaks."""

import hashlib
import socket

import hiredis

TIMEOUT_S = 30


class Connection:
    def __init__(self, port, protocol):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self.reader = hiredis.Reader(replyError=lambda message: f"-{message}", encoding="latin-1")
        self.pushes = []
        if protocol == 3:
            self("HELLO", 3)

    def read(self):
        while (reply := self.reader.gets()) is False:
            received = self.socket.recv(65536)
            assert received, "the server closed the connection"
            self.reader.feed(received)
        return reply

    def __call__(self, *command):
        """The reply; an error as a string that begins with `-`."""
        self.socket.sendall(hiredis.pack_command(tuple(command)))
        while isinstance(reply := self.read(), hiredis.PushNotification):
            self.pushes.append(reply)
            if reply[0].endswith("subscribe"):
                return reply
        return reply

    def script(self, source, keys, *args, load="EVAL"):
        """Runs a script as most libraries do: EVALSHA, and what `load` says (EVAL, or SCRIPT LOAD and EVALSHA) where the server does not know it."""
        sha = hashlib.sha1(source.encode()).hexdigest()
        reply = self("EVALSHA", sha, len(keys), *keys, *args)
        if isinstance(reply, str) and reply.startswith("-NOSCRIPT"):
            expect(reply, "-NOSCRIPT No matching script. Please use EVAL.")
            if load == "EVAL":
                return self("EVAL", source, len(keys), *keys, *args)
            expect(self("SCRIPT", "LOAD", source), sha)
            reply = self("EVALSHA", sha, len(keys), *keys, *args)
        return reply

    def messages(self, count):
        """The next published messages of a subscribed connection: (channel, message)."""
        found = []
        while len(found) < count:
            push = self.pushes.pop(0) if self.pushes else self.read()
            if push[0].endswith("message"):
                found.append(tuple(push[-2:]))
        return found


def expect(found, expected):
    """`expected` is a value, or a range that a number has to be in."""
    if isinstance(expected, range):
        assert isinstance(found, int) and found in expected, f"{found!r} is not in {expected}"
    else:
        assert found == expected, f"{found!r} where {expected!r} was expected"
