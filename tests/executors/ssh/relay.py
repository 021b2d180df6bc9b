"""A network that can fall silent: forwards a port, and holds back all when told to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress


class Relay:
    """Forwards what arrives at ``port``, unless it ``is_silent``."""

    def __init__(self, target_port):
        self._target_port = target_port
        self._writers = []
        self._pumps = set()
        self.is_silent = False

    @asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()
            await asyncio.gather(*self._pumps)

    async def _forward(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection(
            "127.0.0.1", self._target_port
        )
        self._writers += [writer, far_writer]
        for pair in ((reader, far_writer), (far_reader, writer)):
            self._pumps.add(asyncio.ensure_future(self._pump(*pair)))

    async def _pump(self, reader, writer):
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if not self.is_silent:
                    writer.write(data)
            if not self.is_silent:
                writer.close()
