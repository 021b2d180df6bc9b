"""The log of jobs in the database: one row a flush and run."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from django.db import connections, router, transaction

from pyjobkit_django.backends.orm.deadlines import Deadlines
from pyjobkit_django.backends.orm.lanes import CallerLane, Lane, ThreadLane
from pyjobkit_django.backends.orm.wakeups import speaks_psycopg
from pyjobkit_django.contracts import LogRecord, LogSink
from pyjobkit_django.models import JobLog
from pyjobkit_django.models.postgresql import log_statement
from pyjobkit_django.payload import clean_text

if TYPE_CHECKING:
    from pyjobkit_django.backends.orm.async_line import AsyncLine

#: The most bytes of lines in one row, as JSON, and rows in one statement.
ROW_BYTES: Final = 262_144
ROWS: Final = 16

#: The most bytes that a character takes in it, two escapes, and a line beside its text.
CHARACTER_BYTES: Final = 12
LINE_BYTES: Final = 48

type Line = tuple[float, str, str]


class Row(NamedTuple):
    """A row of JobLog."""

    job_id: UUID
    version: int
    seq: int
    lines: list[Line]


#: Rows of one run are told apart, and put in order, by this; no two processes share one.
_sequence = itertools.count(time.time_ns() // 1_000)


class DatabaseLogSink(LogSink):
    """Keeps log lines in JobLog, on a thread of its own unless a lane is given.

    A worker writes them from its event loop, where the database is PostgreSQL.
    """

    def __init__(
        self,
        *,
        using: str | None = None,
        lane: Lane | None = None,
        lease_ttl_s: float = 30.0,
    ) -> None:
        self._using = using
        self._deadlines = Deadlines(self._alias, lease_ttl_s)
        self._lane = lane or ThreadLane("log", self._deadlines)
        self._stays = lane is not None

    async def write(self, record: LogRecord) -> None:
        await self.write_many([record])

    async def write_many(self, records: Sequence[LogRecord]) -> None:
        await self._lane.run(self._insert, records)

    async def get(self, job_id: UUID) -> list[LogRecord]:
        """Return the kept lines of a job, oldest first."""
        return await CallerLane().run(read_log, job_id, self._using)

    @asynccontextmanager
    async def worker_session(self) -> AsyncIterator[LogSink]:
        if self._stays or not speaks_psycopg(self._alias):
            yield self
            return
        from pyjobkit_django.backends.orm.async_line import AsyncLine  # noqa: PLC0415 - needs a driver that other databases lack

        sink = AsyncLogSink(AsyncLine(self._deadlines))
        try:
            yield sink
        finally:
            await sink.close()

    async def close(self) -> None:
        await self._lane.close()

    @property
    def _alias(self) -> str:
        return self._using or router.db_for_write(JobLog)

    def _insert(self, records: Sequence[LogRecord]) -> None:
        using = self._alias
        rows = _rows_of(records)
        connection = connections[using]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(*log_statement(JobLog._meta.db_table, rows))
            return
        with transaction.atomic(using=using):
            JobLog.objects.using(using).bulk_create(
                [JobLog(**row._asdict()) for row in rows], batch_size=ROWS
            )


class AsyncLogSink(LogSink):
    """Keeps log lines in JobLog from an event loop, on a connection of its own."""

    def __init__(self, line: AsyncLine) -> None:
        self._line = line

    async def write(self, record: LogRecord) -> None:
        await self.write_many([record])

    async def write_many(self, records: Sequence[LogRecord]) -> None:
        table = JobLog._meta.db_table
        await self._line.rows_of(log_statement(table, _rows_of(records)))

    async def close(self) -> None:
        await self._line.close()


def read_log(job_id: UUID, using: str | None = None) -> list[LogRecord]:
    """Return the kept lines of a job, oldest first."""
    alias = using or router.db_for_read(JobLog)
    chunks = (
        JobLog.objects.using(alias).filter(job_id=job_id).order_by("version", "seq")
    )
    return [
        LogRecord(job_id, stream, text, chunk.version, _moment(seconds))
        for chunk in chunks
        for seconds, stream, text in chunk.lines
    ]


def _rows_of(records: Sequence[LogRecord]) -> list[Row]:
    return [
        Row(job_id, version, next(_sequence), lines)
        for (job_id, version), written in _by_run(records).items()
        for lines in _row_sized(written)
    ]


def _by_run(records: Sequence[LogRecord]) -> dict[tuple[UUID, int], list[Line]]:
    runs: dict[tuple[UUID, int], list[Line]] = defaultdict(list)
    lines: list[Line] = []
    job_id, version = None, -1
    for record in records:
        # A job writes several in a row, and ids are hashed in Python.
        if record.job_id is not job_id or record.version != version:
            job_id, version = record.job_id, record.version
            lines = runs[job_id, version]
        seconds = record.written_at.timestamp() if record.written_at else time.time()
        lines.append((round(seconds, 3), record.stream, clean_text(record.message)))
    return runs


def _row_sized(lines: list[Line]) -> Iterator[list[Line]]:
    characters = sum(len(stream) + len(text) for _, stream, text in lines)
    if characters * CHARACTER_BYTES + len(lines) * LINE_BYTES <= ROW_BYTES:
        yield lines
        return
    row: list[Line] = []
    size = 0
    for line in lines:
        length = len(json.dumps(line))
        if row and size + length > ROW_BYTES:
            yield row
            row, size = [], 0
        row.append(line)
        size += length
    yield row


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
