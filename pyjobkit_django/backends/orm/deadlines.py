"""Deadlines of a worker's connections: a half-open one is cut, whatever TCP believes.

A peer that vanished without a word, or a middlebox that swallows what it is sent, leaves
a read that nobody ends. Options of the driver bound what the system can see. For the
rest, a lane whose verb takes long asks the server, on a fresh connection, whether it is
at work on it; where it is not, the socket is shut and the verb fails like any other
that lost its connection.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
from contextlib import suppress
from typing import Any, Final, Protocol

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger("pyjobkit.backend.deadlines")

#: The shortest deadlines, in seconds: libpq's for connecting, and ours for the rest.
CONNECT_S: Final = 2
SHORTEST_S: Final = 1.0
#: How long one statement may take on MySQL and MariaDB at least, in seconds.
STATEMENT_S: Final = 30

#: Whether a session works, or did a moment ago; where that is hidden, it does.
_AT_WORK: Final = """
SELECT 1 FROM pg_stat_activity WHERE pid = %s AND NOT (
  coalesce(state, '') LIKE 'idle%%'
  AND state_change < clock_timestamp() - %s * interval '1 second'
)
"""
#: What an idle session left undone holds locks that others wait for.
_END: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = %s AND usename = session_user AND state LIKE 'idle%%'
"""
#: By this name the sessions of workers are known to each other.
APPLICATION: Final = "pyjobkit worker"
#: A session that a worker has lost, and the server not yet, may hold the locks at hand.
_UNBLOCK: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = ANY (pg_blocking_pids(%s)) AND usename = session_user
AND application_name = %s AND state LIKE 'idle in transaction%%'
AND state_change < clock_timestamp() - %s * interval '1 second'
"""


class Deadlines:
    """How long the connections of one database may be silent while a lease runs."""

    def __init__(self, using: str, lease_ttl_s: float) -> None:
        self.using = using
        #: After how long a verb that is under way is looked after, in seconds.
        self.silence_s = max(lease_ttl_s / 3, SHORTEST_S)
        #: How long the server may take to say whether it is at work.
        self.answer_s = CONNECT_S + self.silence_s

    def options(self, vendor: str) -> dict[str, Any]:
        """Return the driver's options for them."""
        connect_s = max(CONNECT_S, math.ceil(self.silence_s))
        if vendor == "postgresql":
            return {
                "application_name": APPLICATION,
                "connect_timeout": connect_s,
                "keepalives": 1,
                "keepalives_idle": math.ceil(self.silence_s),
                "keepalives_interval": math.ceil(self.silence_s / 3),
                "keepalives_count": 3,
                "tcp_user_timeout": math.ceil(self.silence_s * 2_000),
            }
        if vendor == "mysql":
            statement_s = max(STATEMENT_S, math.ceil(self.silence_s * 3))
            return {
                "connect_timeout": connect_s,
                "read_timeout": statement_s,
                "write_timeout": statement_s,
            }
        return {}

    def apply(self, connection: BaseDatabaseWrapper) -> None:
        """Have a connection that is not open yet keep them; the site's options win."""
        if connection.connection is None:
            given = connection.settings_dict
            options = self.options(connection.vendor) | given["OPTIONS"]
            connection.settings_dict = {**given, "OPTIONS": options}


class Watched(Protocol):
    """What has a connection of some driver's; None while it is not open."""

    vendor: str
    connection: Any


class Watch:
    """Looks after the connection of one lane while a verb is under way on it."""

    def __init__(self, deadlines: Deadlines, watched: Watched | None = None) -> None:
        self._deadlines = deadlines
        self._connection: Any = watched

    def enter(self) -> None:
        """Note the connection of the lane's thread, which calls."""
        if self._connection is None:
            self._connection = connections[self._deadlines.using]
            self._deadlines.apply(self._connection)

    async def over[R](self, call: asyncio.Future[R]) -> R:
        """Return what a call returns, cutting its connection where that is half open.

        Whoever is cancelled here waits no longer for the call.
        """
        loop = asyncio.get_running_loop()
        looks: list[asyncio.Task[None]] = []

        def look() -> None:
            looks.append(loop.create_task(self._look_after(call)))

        # Most calls are over before it: they should cost no task.
        timer = loop.call_later(self._deadlines.silence_s, look)
        try:
            return await call
        finally:
            timer.cancel()
            for task in looks:
                task.cancel()
            call.cancel()

    async def _look_after(self, call: asyncio.Future[Any]) -> None:
        while not call.done():
            await self._look(call)
            await asyncio.sleep(self._deadlines.silence_s)

    async def _look(self, call: asyncio.Future[Any]) -> None:
        connection = self._connection
        if connection is None or connection.vendor != "postgresql":
            return
        session = connection.connection
        if session is None or await self._is_at_work(session.info.backend_pid):
            return
        if not call.done() and session is connection.connection:
            logger.warning(
                "connection cut: the server is not at work on what we wait for",
                extra={"event": "backend.cut", "database": self._deadlines.using},
            )
            _shut(session)

    async def _is_at_work(self, number: int) -> bool:
        fresh = connections[self._deadlines.using].copy()
        fresh.inc_thread_sharing()
        self._deadlines.apply(fresh)
        try:
            async with asyncio.timeout(self._deadlines.answer_s):
                return await asyncio.to_thread(self._ask, fresh, number)
        except Exception:  # noqa: BLE001 - a server that cannot be asked is not at work
            _shut(fresh.connection)
            return False

    def _ask(self, fresh: BaseDatabaseWrapper, number: int) -> bool:
        try:
            silent_s = self._deadlines.silence_s / 2
            with fresh.cursor() as cursor:
                cursor.execute(_AT_WORK, [number, silent_s])
                at_work = bool(cursor.fetchall())
                if at_work:
                    cursor.execute(_UNBLOCK, [number, APPLICATION, silent_s])
                else:
                    cursor.execute(_END, [number])
                return at_work
        finally:
            fresh.close()


def _shut(session: Any) -> None:
    """End a connection under the thread that reads from it, which owns its file."""
    with suppress(Exception):
        shut = socket.socket(fileno=os.dup(session.fileno()))
        with shut:
            shut.shutdown(socket.SHUT_RDWR)
