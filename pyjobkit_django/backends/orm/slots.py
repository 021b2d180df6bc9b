"""Slots: each job's sync code and ORM calls run on a thread of its slot."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from asgiref.sync import ThreadSensitiveContext
from django.db import Error, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from pyjobkit_django.contracts import Slot

#: How long the connections of an ended job may take to be closed, in seconds.
TIDY_S: Final = 5.0
logger = logging.getLogger("pyjobkit.worker.slots")


class SlotThread(ThreadPoolExecutor):
    """One thread that knows whether it was used, and whether it is busy."""

    def __init__(self) -> None:
        super().__init__(max_workers=1, thread_name_prefix="pyjobkit-slot")
        self.used = False
        #: Whether there ever was a call.
        self.started = False
        self._pending: set[Future[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return bool(self._pending)

    def submit[**P, R](
        self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[R]:
        """Run a call after those before it."""
        self.used = self.started = True
        future = super().submit(fn, *args, **kwargs)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future


class ThreadSlot(Slot):
    """A slot whose jobs' thread-sensitive code shares one thread."""

    def __init__(self, thread: SlotThread) -> None:
        self._thread = thread

    @property
    def is_tidy(self) -> bool:
        return not self._thread.used

    async def tidy(self) -> bool:
        """Leave no transaction and no stale connection to the next job.

        False while a call of the ended job goes on.
        """
        if self._thread.busy:
            return False
        if self._thread.used:
            loop = asyncio.get_running_loop()
            tidied = loop.run_in_executor(self._thread, _tidy_connections)
            # A connection that is half open can hold it up for ever.
            done, _ = await asyncio.wait({tidied}, timeout=TIDY_S)
            if not done:
                return False
            tidied.result()
            self._thread.used = False
        return True


@asynccontextmanager
async def thread_slot() -> AsyncIterator[ThreadSlot]:
    """Lend a slot its thread; on leaving, a busy one is left to end by itself."""
    thread = SlotThread()
    try:
        async with ThreadSensitiveContext(executor=thread):
            yield ThreadSlot(thread)
    finally:
        if thread.started:
            thread.submit(connections.close_all)
        thread.shutdown(wait=False)


def _tidy_connections() -> None:
    for connection in connections.all(initialized_only=True):
        if _has_open_transaction(connection):
            logger.warning(
                "transaction rolled back that a job left open",
                extra={
                    "event": "worker.transaction_left_open",
                    "alias": connection.alias,
                },
            )
            _discard(connection)
    close_old_connections()
    # A job may have closed what Django believes to be open.
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not _works(connection):
            _discard(connection)


def _has_open_transaction(connection: BaseDatabaseWrapper) -> bool:
    if connection.in_atomic_block:
        return True
    own_mode = connection.settings_dict["AUTOCOMMIT"]
    return connection.connection is not None and connection.autocommit != own_mode


def _works(connection: BaseDatabaseWrapper) -> bool:
    # is_usable() would do, but holds every connection to SQLite for usable.
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _discard(connection: BaseDatabaseWrapper) -> None:
    with suppress(Error):
        connection.close()
    # The wrapper's count of atomic blocks outlives its connection.
    del connections[connection.alias]
