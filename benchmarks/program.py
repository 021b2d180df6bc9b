"""The commands that a queue answers in its own venv: install, fill, rates, paced sending.

A queue's file subclasses SyncProgram or AsyncProgram and ends with ``main(...)``. Runs in
every venv, and so imports nothing but the standard library.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_WARM_UP = 50
#: Jobs handed over in one call, where the queue takes many.
CHUNK = 1_000

type Reply = dict[str, float] | None


class Program(ABC):
    """One queue; its commands are methods that take the command line's words."""

    def install(self) -> Reply:
        """Make what the queue needs in its database."""
        return None

    @abstractmethod
    def enqueue(self, jobs: str) -> Reply:
        """Enqueue no-op jobs one by one; return the rate a second."""

    @abstractmethod
    def bulk(self, jobs: str) -> Reply:
        """Enqueue no-op jobs through the queue's bulk call; return the rate a second."""

    @abstractmethod
    def fill(self, kind: str, jobs: str) -> Reply:
        """Enqueue jobs in the quickest way."""

    @abstractmethod
    def pace(self, jobs: str, gap_s: str) -> Reply:
        """Send jobs that carry their time of sending; return the rate a second."""


class SyncProgram(Program):
    """A queue whose enqueuer is synchronous."""

    @abstractmethod
    def send(self, kind: str, sent: int | None = None) -> object:
        """Enqueue one job; ``sent`` goes with the kind ``late``."""

    def send_many(self, kind: str, jobs: int) -> object:
        """Enqueue at most CHUNK jobs in one call, where the queue has one."""
        for _ in range(jobs):
            self.send(kind)
        return None

    def enqueue(self, jobs: str) -> Reply:
        for _ in range(_WARM_UP):
            self.send("noop")
        return _timed(int(jobs), lambda: [self.send("noop") for _ in range(int(jobs))])

    def bulk(self, jobs: str) -> Reply:
        return _timed(int(jobs), lambda: self.fill("noop", jobs))

    def fill(self, kind: str, jobs: str) -> Reply:
        for size in _chunks(int(jobs)):
            self.send_many(kind, size)
        return None

    def pace(self, jobs: str, gap_s: str) -> Reply:
        start = time.perf_counter()
        for number in range(int(jobs)):
            _sleep_until(start + number * float(gap_s))
            self.send("late", time.time_ns())
        return {"rate": int(jobs) / (time.perf_counter() - start)}


class AsyncProgram(Program):
    """A queue whose enqueuer is asynchronous."""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep the queue's connections open meanwhile."""
        yield

    async def set_up(self) -> None:
        """Make what the queue needs in its database."""

    @abstractmethod
    async def send(self, kind: str, sent: int | None = None) -> object:
        """Enqueue one job; ``sent`` goes with the kind ``late``."""

    async def send_many(self, kind: str, jobs: int) -> object:
        """Enqueue at most CHUNK jobs in one call, where the queue has one."""
        for _ in range(jobs):
            await self.send(kind)
        return None

    def install(self) -> Reply:
        return self._run(self.set_up)

    def enqueue(self, jobs: str) -> Reply:
        async def measured() -> Reply:
            for _ in range(_WARM_UP):
                await self.send("noop")
            start = time.perf_counter()
            for _ in range(int(jobs)):
                await self.send("noop")
            return {"rate": int(jobs) / (time.perf_counter() - start)}

        return self._run(measured)

    def bulk(self, jobs: str) -> Reply:
        async def measured() -> Reply:
            start = time.perf_counter()
            for size in _chunks(int(jobs)):
                await self.send_many("noop", size)
            return {"rate": int(jobs) / (time.perf_counter() - start)}

        return self._run(measured)

    def fill(self, kind: str, jobs: str) -> Reply:
        async def filled() -> None:
            for size in _chunks(int(jobs)):
                await self.send_many(kind, size)

        return self._run(filled)

    def pace(self, jobs: str, gap_s: str) -> Reply:
        async def paced() -> Reply:
            start = time.perf_counter()
            for number in range(int(jobs)):
                ahead = start + number * float(gap_s) - time.perf_counter()
                await asyncio.sleep(max(0, ahead))
                await self.send("late", time.time_ns())
            return {"rate": int(jobs) / (time.perf_counter() - start)}

        return self._run(paced)

    def _run(self, action: Callable[[], object]) -> Reply:
        async def inside() -> Reply:
            async with self.opened():
                return await action()  # type: ignore[misc, no-any-return] # a coroutine function

        return asyncio.run(inside())


def main(program: Program) -> None:
    """Carry out the command line's command; print its reply as one line of JSON."""
    command, *words = sys.argv[1:]
    reply = getattr(program, command)(*words)
    print(json.dumps(reply or {}))


def _timed(jobs: int, action: Callable[[], object]) -> Reply:
    start = time.perf_counter()
    action()
    return {"rate": jobs / (time.perf_counter() - start)}


def _sleep_until(moment: float) -> None:
    ahead = moment - time.perf_counter()
    if ahead > 0:
        time.sleep(ahead)


def _chunks(jobs: int) -> list[int]:
    whole, rest = divmod(jobs, CHUNK)
    return [CHUNK] * whole + [rest] * bool(rest)
