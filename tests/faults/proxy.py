"""A TCP proxy that can swallow, reset and delay what passes through it."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self


class Link:
    """One connection through the proxy, with its other half if it ever got one."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.writers = [client]
        self.is_swallowed = False

    def reset(self) -> None:
        """End both halves without a word of farewell."""
        for writer in self.writers:
            sock = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                linger = struct.pack("ii", 1, 0)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()


class Proxy:
    """Stands before a server on loopback, on a port of its own, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._links: set[Link] = set()
        self._swallows = False
        self._delay_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.reset()
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def swallow(self) -> None:
        """From now on nothing passes, and nobody is told: every link is half open."""

        def act() -> None:
            self._swallows = True
            for link in self._links:
                link.is_swallowed = True

        self._do(act)

    def pass_on(self) -> None:
        """Serve new links again; those that were swallowed stay as they are."""

        def act() -> None:
            self._swallows = False
            self._delay_s = 0.0

        self._do(act)

    def delay(self, seconds: float) -> None:
        """Let everything take so much longer, each way."""

        def act() -> None:
            self._delay_s = seconds

        self._do(act)

    def reset(self) -> None:
        """Reset every link."""

        def act() -> None:
            for link in self._links:
                link.reset()

        self._do(act)

    def _do(self, act: Callable[[], None]) -> None:
        done = threading.Event()

        def then_tell() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(then_tell)
        done.wait()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_ended())

    async def _until_ended(self) -> None:
        self._ended = asyncio.Event()
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        server.close()

    async def _meet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        link = Link(writer)
        link.is_swallowed = self._swallows
        self._links.add(link)
        try:
            if link.is_swallowed:
                await self._pump(reader, writer, link)
            else:
                await self._connect(link, reader, writer)
        except OSError:
            pass
        finally:
            self._links.discard(link)
            for each in link.writers:
                each.transport.abort()

    async def _connect(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        link.writers.append(back)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pump(reader, back, link))
            group.create_task(self._pump(there, writer, link))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, link: Link
    ) -> None:
        """Pass on what comes until one side ends; then end the other, unless it hangs."""
        with suppress(OSError):
            while data := await source.read(65_536):
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                if not link.is_swallowed:
                    sink.write(data)
                    await sink.drain()
        if not link.is_swallowed:
            sink.close()
