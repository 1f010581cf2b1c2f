"""A TCP proxy in front of all nodes, as users have one. Every second connection leads to the node that is going to be killed, as long as it is
there, so that whoever has two or more loses some of them; the others lead to the nodes that survive, in turn."""

import asyncio
import threading


class Proxy:
    """Listens on a free port of 127.0.0.1 in a thread of its own. `cut` counts the connections that the victim's end has cut."""

    def __init__(self, victim, survivors):
        self.victim, self.survivors = victim, survivors
        self.accepted, self.cut = 0, 0
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def _connect(self):
        """The next node in turn that accepts: its port and streams."""
        turn = self.accepted
        self.accepted += 1
        others = [self.survivors[(turn // 2 + shift) % len(self.survivors)] for shift in range(len(self.survivors))]
        for port in others if turn % 2 else [self.victim, *others]:
            try:
                return port, *await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
        raise OSError("no node accepts")

    async def _serve(self, reader, writer):
        try:
            port, node_reader, node_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        up = asyncio.create_task(copy(reader, node_writer))
        down = asyncio.create_task(copy(node_reader, writer))
        done, _ = await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
        self.cut += port == self.victim and down in done and up not in done
        for task in (up, down):
            task.cancel()
        # Reset, not closed: what a proxy or a kernel does when the machine behind it is gone.
        for end in (writer, node_writer):
            end.transport.abort() if down in done else end.close()


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
