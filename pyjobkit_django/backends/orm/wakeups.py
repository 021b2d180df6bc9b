"""Wake-ups over PostgreSQL's NOTIFY: one a transaction, and only ever a hint."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from django.db import connections, transaction

from pyjobkit_django.contracts import Wakeup, WakeupKind

CHANNEL: Final = "pyjobkit_jobs"

logger = logging.getLogger("pyjobkit.wakeups")


class Announcement:
    """The wake-ups of one transaction, sent when it has committed."""

    def __init__(self, using: str) -> None:
        self._using = using
        self.wakeups: dict[Wakeup, None] = {}

    def __call__(self) -> None:
        """Send; a hint that cannot be sent is logged, since polling finds the job."""
        statement = "SELECT " + ", ".join(["pg_notify(%s, %s)"] * len(self.wakeups))
        params = [
            part
            for wakeup in self.wakeups
            for part in (CHANNEL, f"{wakeup.kind}:{wakeup.value}")
        ]
        try:
            with connections[self._using].cursor() as cursor:
                cursor.execute(statement, params)
        except Exception:
            logger.warning("workers not woken", exc_info=True)


def announce(using: str, *wakeups: Wakeup) -> None:
    """Wake those who listen once the transaction at hand has committed."""
    connection = connections[using]
    if connection.vendor != "postgresql" or not wakeups:
        return
    pending = _pending(connection)
    if pending is None:
        pending = Announcement(using)
        pending.wakeups.update(dict.fromkeys(wakeups))
        transaction.on_commit(pending, using=using, robust=True)
    else:
        pending.wakeups.update(dict.fromkeys(wakeups))


def _pending(connection: Any) -> Announcement | None:
    """Return the announcement that will go out if the work at hand is committed."""
    open_savepoints = set(connection.savepoint_ids)
    for savepoints, send, _ in connection.run_on_commit:
        if isinstance(send, Announcement) and savepoints <= open_savepoints:
            return send
    return None


async def listen(using: str, receive: Callable[[Wakeup], None]) -> None:
    """Call ``receive`` with each wake-up until cancelled; return where there are none."""
    connect = _listener(using)
    if connect is None:
        return
    connection = await connect()
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        receive(Wakeup(WakeupKind.QUEUED))
        async for notification in connection.notifies():
            receive(parse(notification.payload))


def parse(payload: str) -> Wakeup:
    """Return the wake-up that a notification carries; an unknown one is a plain hint."""
    kind, _, value = payload.partition(":")
    try:
        return Wakeup(WakeupKind(kind), value)
    except ValueError:
        return Wakeup(WakeupKind.QUEUED)


def _listener(using: str) -> Callable[[], Any] | None:
    connection = connections[using]
    if connection.vendor != "postgresql":
        return None
    from django.db.backends.postgresql.psycopg_any import is_psycopg3  # noqa: PLC0415 - needs a driver that other databases lack

    if not is_psycopg3:
        return None
    from psycopg import AsyncConnection  # noqa: PLC0415 - the same

    # Django's cursors and adapters are for its own sync connections.
    ours = {"cursor_factory", "context"}
    params = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name not in ours
    }
    return partial(AsyncConnection.connect, autocommit=True, **params)
