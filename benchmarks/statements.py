"""Statements counted on the wire: a PostgreSQL proxy that looks at what clients send."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.databases import Database

_HEADER = struct.Struct("!cI")
_LENGTH = struct.Struct("!I")
_ENCRYPTION_REQUESTS = (80877103, 80877104)
_FRAMING = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclass
class Statements:
    """How often each statement was sent; BEGIN, COMMIT and ROLLBACK are left out."""

    texts: Counter[str] = field(default_factory=Counter)
    connections: int = 0

    @property
    def total(self) -> int:
        return self.texts.total()

    def reset(self) -> None:
        """Forget what was counted so far."""
        self.texts.clear()


@dataclass
class _Session:
    """What one client has prepared, to tell which statement an Execute runs."""

    counted: Statements
    prepared: dict[bytes, str] = field(default_factory=dict)
    portals: dict[bytes, str] = field(default_factory=dict)

    def note(self, kind: bytes, body: bytes) -> None:
        if kind == b"Q":
            self._count(_text(body.split(b"\0")[0]))
        elif kind == b"P":
            name, text = body.split(b"\0")[:2]
            self.prepared[name] = _text(text)
        elif kind == b"B":
            portal, name = body.split(b"\0")[:2]
            self.portals[portal] = self.prepared.get(name, "?")
        elif kind == b"E":
            self._count(self.portals.get(body.split(b"\0")[0], "?"))

    def _count(self, text: str) -> None:
        is_alone = ";" not in text.rstrip(";")
        if not (is_alone and text.upper().startswith(_FRAMING)):
            self.counted.texts[text] += 1


@contextmanager
def counted(database: Database) -> Iterator[tuple[Database, Statements]]:
    """Lend the database as it is reached through the proxy, and what is counted there."""
    address = urlsplit(database.url)
    upstream = (address.hostname or "127.0.0.1", address.port or 5432)
    proxy = _Proxy(upstream, Statements())
    thread = threading.Thread(target=asyncio.run, args=[proxy.serve()], daemon=True)
    thread.start()
    try:
        yield database.through(proxy.port.result(timeout=10)), proxy.counted
    finally:
        proxy.stop()
        thread.join()


@dataclass
class _Proxy:
    upstream: tuple[str, int]
    counted: Statements
    port: Future[int] = field(default_factory=Future)

    async def serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._on_client, "127.0.0.1", 0)
        self.port.set_result(server.sockets[0].getsockname()[1])
        await self._stopped.wait()
        server.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def _on_client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.counted.connections += 1
        up_reader, up_writer = await asyncio.open_connection(*self.upstream)
        try:
            await _greet(reader, writer, up_writer)
            async with asyncio.TaskGroup() as pipes:
                pipes.create_task(_watch(reader, up_writer, _Session(self.counted)))
                pipes.create_task(_pipe(up_reader, writer))
        except* (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            for end in (writer, up_writer):
                end.close()


async def _greet(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream: asyncio.StreamWriter,
) -> None:
    """Pass the first message on, which has no type; refuse to encrypt."""
    while True:
        head = await reader.readexactly(_LENGTH.size)
        body = await reader.readexactly(_LENGTH.unpack(head)[0] - _LENGTH.size)
        if _LENGTH.unpack(body[:4])[0] not in _ENCRYPTION_REQUESTS:
            upstream.write(head + body)
            return
        writer.write(b"N")
        await writer.drain()


async def _watch(
    reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, session: _Session
) -> None:
    with suppress(asyncio.IncompleteReadError):
        while True:
            head = await reader.readexactly(_HEADER.size)
            kind, length = _HEADER.unpack(head)
            body = await reader.readexactly(length - _LENGTH.size)
            session.note(kind, body)
            upstream.write(head + body)
            await upstream.drain()
    upstream.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


def _text(text: bytes) -> str:
    return " ".join(text.decode(errors="replace").split())
