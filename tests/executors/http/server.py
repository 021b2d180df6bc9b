"""A small HTTP server on loopback that answers as a test asks it to."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass
class Received:
    """A request as it came, and the number of the connection that brought it."""

    method: str
    target: str
    headers: dict
    body: bytes
    connection: int


def answer(status=200, body=b"", **headers):
    """Return the bytes of an answer; ``content_type`` is the header Content-Type."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("content_type", "application/json")
    headers.setdefault("content_length", len(body))
    lines = [f"HTTP/1.1 {status} Whatever"]
    for name, value in headers.items():
        values = value if isinstance(value, list) else [value]
        lines += [f"{name.replace('_', '-')}: {each}" for each in values]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Server:
    """Keeps what it received; ``routes`` maps a path to bytes or to ``speak(reader, writer)``."""

    def __init__(self):
        self.routes = {}
        self.received = []
        self.connections = 0
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.port = 0
        self.scheme = "http"
        self._writers = []

    def url(self, path="/", *, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def last(self):
        return self.received[-1]

    async def serve(self, reader, writer):
        self.connections += 1
        number = self.connections
        self._writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head, reader, writer, number)
        self.left.set()
        writer.close()

    async def _answer(self, head, reader, writer, number):
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        exact = {line.split(": ")[0].lower(): line.split(": ", 1)[1] for line in lines}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received.append(Received(method, target, exact, body, number))
        self.asked.set()
        speak = self.routes.get(target.partition("?")[0], answer())
        if isinstance(speak, bytes):
            writer.write(speak)
            await writer.drain()
        else:
            await speak(reader, writer)

    def hang_up(self):
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def serving(tls=None):
    server = Server()
    listening = await asyncio.start_server(
        server.serve, "127.0.0.1", 0, ssl=tls, limit=2**20
    )
    server.port = listening.sockets[0].getsockname()[1]
    server.scheme = "https" if tls else "http"
    async with listening:
        yield server
        server.hang_up()
        listening.close()


def then_hang(head=b""):
    """Write ``head``, then nothing, until the other side leaves."""

    async def speak(reader, writer):
        writer.write(head)
        await writer.drain()
        await reader.read()

    return speak


def endlessly(head, chunk, *, pause_s=0.0):
    """Write ``head`` and then ``chunk`` for as long as somebody reads."""

    async def speak(reader, writer):
        writer.write(head)
        while True:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return speak


async def hang_up(reader, writer):
    """Close the connection without a word."""
    writer.close()
