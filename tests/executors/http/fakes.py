"""A context that keeps what is logged, and networks that go where a test says."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager

import httpcore

from pyjobkit_django.contracts import ExecContext


class Notes(ExecContext):
    """Keeps the lines of a job."""

    def __init__(self):
        self.lines = []

    async def log(self, message, /, *, stream="stdout"):
        self.lines.append(message)

    async def is_cancelled(self):
        return False

    async def set_progress(self, value, /, **meta):
        """Nobody asks for it here."""

    @asynccontextmanager
    async def profile_phase(self, name, /, **meta):
        yield


class Names:
    """A resolver with a table; a name with several answers gives one after the other."""

    def __init__(self, **answers):
        self.answers = {name: list(found) for name, found in answers.items()}
        self.asked = Counter()

    async def __call__(self, host, port):
        name = host.partition(".")[0]
        if name not in self.answers:
            raise OSError(f"no such name: {host}")
        found = self.answers[name]
        answer = found[min(self.asked[name], len(found) - 1)]
        self.asked[name] += 1
        return answer


class Detour(httpcore.AsyncNetworkBackend):
    """Notes which address is dialled and connects to a local server instead."""

    def __init__(self, port=0, *, dead=()):
        self.port = port
        self.dead = dead
        self.dialled = []

    async def connect_tcp(self, host, port, *rest):
        self.dialled.append(host)
        if host in self.dead:
            raise httpcore.ConnectError("nobody there")
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self.port, *rest)
