"""Wake-ups over PostgreSQL's NOTIFY: one a transaction, and only ever a hint."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from django.db import (
    DatabaseError,
    Error,
    IntegrityError,
    connections,
    models,
    transaction,
)

from pyjobkit_django.backends.orm.deadlines import Deadlines
from pyjobkit_django.conf import current
from pyjobkit_django.contracts import Wakeup, WakeupKind
from pyjobkit_django.models.postgresql import Statement
from pyjobkit_django.models.postgresql.arrays import array_of

CHANNEL: Final = "pyjobkit_jobs"

logger = logging.getLogger("pyjobkit.wakeups")

_NOTIFY: Final = "SELECT pg_notify(%s, UNNEST(%s::text[]))"
#: In a transaction of its own, which need not reach the disk to be heard.
_NOTIFY_ALONE: Final = f"{_NOTIFY}, set_config('synchronous_commit', 'off', TRUE)"
#: The same at the end of several statements, where nothing has to be planned.
_THEN_NOTIFY: Final = f"SET LOCAL synchronous_commit = off; NOTIFY {CHANNEL}, %s"


class Announcement:
    """The wake-ups of one transaction, sent when it has committed."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._wakeups: dict[Wakeup, None] = {}
        self._soonest: Wakeup | None = None

    def add(self, wakeups: Iterable[Wakeup]) -> None:
        """Send these too; of the times at which jobs fall due, the first one."""
        for wakeup in wakeups:
            if wakeup.kind is not WakeupKind.SCHEDULED:
                self._wakeups[wakeup] = None
            elif self._soonest is None or _seconds(wakeup) < _seconds(self._soonest):
                self._soonest = wakeup

    def __call__(self) -> None:
        """Send."""
        self.send(_NOTIFY_ALONE)

    def send(self, statement: str) -> None:
        """Send; a hint that cannot be sent is logged, since polling finds the job."""
        try:
            with connections[self._using].cursor() as cursor:
                cursor.execute(statement, [CHANNEL, array_of(self.payloads)])
        except Exception:
            logger.warning("workers not woken", exc_info=True)

    @property
    def payloads(self) -> list[str]:
        """What is to be sent."""
        wakeups = [*self._wakeups, *filter(None, [self._soonest])]
        return [f"{wakeup.kind}:{wakeup.value}" for wakeup in wakeups]


def announce(using: str, *wakeups: Wakeup) -> None:
    """Wake those who listen once the transaction at hand has committed."""
    connection = connections[using]
    if connection.vendor != "postgresql" or not wakeups or not current().notify:
        return
    pending = _pending(connection)
    if pending is not None:
        pending.add(wakeups)
        return
    announcement = Announcement(using)
    announcement.add(wakeups)
    if connection.in_atomic_block or connection.get_autocommit():
        transaction.on_commit(announcement, using=using, robust=True)
    else:
        # The site commits by hand; PostgreSQL holds the wake-ups back until it does.
        announcement.send(_NOTIFY)


def run_and_announce(
    using: str,
    statement: Statement,
    wakeups: Iterable[Wakeup],
    is_done: Callable[[], bool],
) -> None:
    """Run a write, commit it, and wake those who listen, in one round trip.

    Needs ``commits_each_statement``. Where the whole has failed, ``is_done`` tells whether
    the write was committed; the error is raised if it was not.
    """
    connection = connections[using]
    announcement = Announcement(using)
    announcement.add(wakeups)
    text, values = statement
    payloads = announcement.payloads
    # Two transactions: the lock of NOTIFY must not be held while one is made safe.
    steps = ("BEGIN", text, "COMMIT", *(_THEN_NOTIFY for _ in payloads))
    try:
        with connection.cursor() as cursor:
            cursor.execute("; ".join(steps), (*values, *payloads))
    except BaseException as error:
        with suppress(Error):
            connection.rollback()
        is_refusal = not isinstance(error, DatabaseError) or isinstance(
            error, IntegrityError
        )
        if is_refusal or not connection.is_usable() or not is_done():
            raise
        logger.warning("workers not woken", exc_info=True)


class Announcing(models.Func):
    """The database's time, in a statement that also wakes those who listen."""

    template = (
        "CASE WHEN pg_notify(%(expressions)s) IS NOT NULL "
        "THEN STATEMENT_TIMESTAMP() END"
    )
    output_field = models.DateTimeField()

    def __init__(self, wakeup: Wakeup) -> None:
        super().__init__(
            models.Value(CHANNEL, models.TextField()),
            models.Value(f"{wakeup.kind}:{wakeup.value}", models.TextField()),
        )


def commits_each_statement(using: str) -> bool:
    """Tell whether ``run_and_announce`` can be used: outside transactions, by psycopg 3."""
    connection: Any = connections[using]
    return (
        not connection.in_atomic_block
        and speaks_psycopg(using)
        and connection.get_autocommit()
        and not connection.features.uses_server_side_binding
    )


def _pending(connection: Any) -> Announcement | None:
    """Return the announcement that waits for the transaction at hand, if any.

    What it waits for beyond that, a savepoint that may yet be rolled back, is around
    the work at hand as well: Django drops those of savepoints that were.
    """
    waiting = (send for _, send, _ in connection.run_on_commit)
    return next((send for send in waiting if isinstance(send, Announcement)), None)


def _seconds(wakeup: Wakeup) -> float:
    return float(wakeup.value)


async def listen(
    using: str, receive: Callable[[Wakeup], None], deadlines: Deadlines
) -> None:
    """Call ``receive`` with each wake-up until cancelled; return where there are none."""
    if not speaks_psycopg(using):
        return
    from pyjobkit_django.backends.orm.async_line import connect  # noqa: PLC0415 - needs a driver that other databases lack

    async with await connect(deadlines) as connection:
        await connection.execute(f"LISTEN {CHANNEL}".encode())
        receive(Wakeup(WakeupKind.QUEUED))
        while True:
            # All that came at once, and then whoever that has woken goes first.
            async for notification in connection.notifies(stop_after=1):
                receive(parse(notification.payload))
            await asyncio.sleep(0)


def parse(payload: str) -> Wakeup:
    """Return the wake-up that a notification carries; an unknown one is a plain hint."""
    kind, _, value = payload.partition(":")
    try:
        return Wakeup(WakeupKind(kind), value)
    except ValueError:
        return Wakeup(WakeupKind.QUEUED)


def speaks_psycopg(using: str) -> bool:
    """Tell whether the database is PostgreSQL, reached by psycopg 3."""
    connection: Any = connections[using]
    if connection.vendor != "postgresql":
        return False
    driver: str = connection.Database.__name__
    return driver == "psycopg"
