"""A network with a round-trip time, before any server on loopback.

    with DelayProxy(port, 0.050) as proxy:
        ... proxy.port answers on all of 127.0.0.0/8, each address for itself

Or `delay_proxy.py PORT MILLISECONDS`, until its input ends. Half of the time is spent on each way. The
kernel's own handshake is not to be delayed: its round trip is spent before the first byte instead.
"""

import argparse
import asyncio
import collections
import sys
import threading

CHUNK = 64 * 1024
MOST_CHUNKS = 64  # on their way, in one direction of one connection


class _Way:
    """One direction of one connection."""

    def __init__(self, reader, writer, delay, first):
        self._reader, self._writer, self._delay, self._first = reader, writer, delay, first
        self._on_way = collections.deque()
        self._room = asyncio.Event()

    async def run(self):
        """Returns when all has arrived, the end included."""
        loop = asyncio.get_running_loop()
        try:
            while data := await self._reader.read(CHUNK):
                self._on_way.append(data)
                loop.call_at(max(loop.time(), self._first) + self._delay, self._arrive)
                while len(self._on_way) > MOST_CHUNKS:
                    self._room.clear()
                    await self._room.wait()
                await self._writer.drain()
        except OSError:
            pass
        while self._on_way:
            await asyncio.sleep(self._delay)
        if self._writer.can_write_eof() and not self._writer.is_closing():
            self._writer.write_eof()

    # Timers of the same time come in any order.
    def _arrive(self):
        self._writer.write(self._on_way.popleft())
        self._room.set()


class DelayProxy:
    """Runs on a thread of its own until stop(); use it in a `with` statement."""

    def __init__(self, target, round_trip):
        """`target`: a port, on whichever address the client has connected to. `round_trip`: seconds."""
        self._target, self._round_trip = target, round_trip
        self.port = 0
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[ready], daemon=True)
        self._thread.start()
        ready.wait()

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "0.0.0.0", 0, backlog=4096))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        first = self._loop.time() + self._round_trip
        address = writer.get_extra_info("sockname")[0]
        try:
            far_reader, far_writer = await asyncio.open_connection(address, self._target)
        except OSError:
            writer.close()
            return
        half = self._round_trip / 2
        await asyncio.gather(_Way(reader, far_writer, half, first).run(),
                             _Way(far_reader, writer, half, first - half).run(),
                             return_exceptions=True)
        for end in (writer, far_writer):
            end.close()

    async def _end(self):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("milliseconds", type=float)
    arguments = parser.parse_args()
    with DelayProxy(arguments.port, arguments.milliseconds / 1000) as proxy:
        print(f"port {proxy.port}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
