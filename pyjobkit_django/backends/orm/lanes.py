"""Lanes: the threads on which a backend's sync verbs run.

A database connection belongs to a thread. The caller's lane sees the caller's open
transaction; a worker's own lanes let its claim, its settle and its lease run at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from pyjobkit_django.backends.orm.deadlines import Deadlines, Watch


class Lane(Protocol):
    """Runs sync verbs, one at a time."""

    async def run[R](self, verb: Callable[..., R], *args: Any) -> R:
        """Return what ``verb(*args)`` returns."""

    async def close(self) -> None:
        """Let go of the thread and its connections."""


class CallerLane:
    """The thread of the code that called: its transaction, its uncommitted rows.

    A connection that broke is closed, unless a transaction of the caller's is open on it.
    """

    async def run[R](self, verb: Callable[..., R], *args: Any) -> R:
        return await sync_to_async(_run_for_caller, thread_sensitive=True)(verb, args)

    async def close(self) -> None:
        """Leave the caller's connections alone."""


class ThreadLane:
    """A thread of its own, with connections that last until they fail.

    With ``deadlines`` a connection that is half open fails soon.
    """

    def __init__(self, name: str, deadlines: Deadlines | None = None) -> None:
        self._watch = Watch(deadlines) if deadlines else None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"pyjobkit-{name}")
        self._closed = False

    async def run[R](self, verb: Callable[..., R], *args: Any) -> R:
        return await self._submit(partial(_run, verb, args))

    async def close(self) -> None:
        """Close the connections, waiting for the verb under way; safe to call again."""
        if self._closed:
            return
        self._closed = True
        await self._submit(connections.close_all)
        self._thread.shutdown(wait=False)

    async def _submit[R](self, call: Callable[[], R]) -> R:
        loop = asyncio.get_running_loop()
        if self._watch is None:
            return await loop.run_in_executor(self._thread, call)
        watch = self._watch

        def entered() -> R:
            watch.enter()
            return call()

        return await watch.over(loop.run_in_executor(self._thread, entered))


class Duty(StrEnum):
    """What a worker's lanes are for; each duty waits only for itself."""

    CLAIM = "claim"
    SETTLE = "settle"
    LEASE = "lease"
    TEND = "tend"
    CHECK = "check"


class WorkerLanes:
    """A lane for each duty; a database with one writer gets one lane for all."""

    def __init__(self, *, one_writer: bool, deadlines: Deadlines | None = None) -> None:
        shared = ThreadLane("worker") if one_writer else None
        self._lanes: dict[Duty, Lane] = {
            duty: shared or ThreadLane(duty, deadlines) for duty in Duty
        }

    def __getitem__(self, duty: Duty) -> Lane:
        return self._lanes[duty]

    async def close(self) -> None:
        """Close every lane."""
        async with asyncio.TaskGroup() as group:
            for lane in set(self._lanes.values()):
                group.create_task(lane.close())


def close_if_broken(connection: BaseDatabaseWrapper) -> None:
    """Close a connection that no longer works, unless a transaction is open on it."""
    idle = connection.connection is not None and not connection.in_atomic_block
    if idle and not connection.is_usable():
        connection.close()


def _run_for_caller[R](verb: Callable[..., R], args: tuple[Any, ...]) -> R:
    try:
        return verb(*args)
    except (OperationalError, InterfaceError):
        # No request may end here, which is when Django itself would look.
        for connection in connections.all(initialized_only=True):
            close_if_broken(connection)
        raise


def _run[R](verb: Callable[..., R], args: tuple[Any, ...]) -> R:
    try:
        return verb(*args)
    except (OperationalError, InterfaceError):
        # The connection may be beyond use; the next verb opens a fresh one.
        connections.close_all()
        raise
