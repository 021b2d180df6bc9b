"""The log of jobs in the database: one row a flush and run."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db import connections, router, transaction

from pyjobkit_django.backends.orm.deadlines import Deadlines
from pyjobkit_django.backends.orm.lanes import CallerLane, Lane, ThreadLane
from pyjobkit_django.contracts import LogRecord, LogSink
from pyjobkit_django.models import JobLog
from pyjobkit_django.models.postgresql import log_statement
from pyjobkit_django.payload import clean_text

#: The most bytes of lines in one row, as JSON, and rows in one statement.
ROW_BYTES: Final = 262_144
ROWS: Final = 16

#: The most bytes that a character takes in it, two escapes, and a line beside its text.
CHARACTER_BYTES: Final = 12
LINE_BYTES: Final = 48

type Line = tuple[float, str, str]

#: Rows of one run are told apart, and put in order, by this; no two processes share one.
_sequence = itertools.count(time.time_ns() // 1_000)


class DatabaseLogSink(LogSink):
    """Keeps log lines in JobLog, on a thread of its own unless a lane is given."""

    def __init__(
        self,
        *,
        using: str | None = None,
        lane: Lane | None = None,
        lease_ttl_s: float = 30.0,
    ) -> None:
        self._using = using
        self._lane = lane or ThreadLane("log", Deadlines(self._alias, lease_ttl_s))

    async def write(self, record: LogRecord) -> None:
        await self.write_many([record])

    async def write_many(self, records: Sequence[LogRecord]) -> None:
        await self._lane.run(self._insert, records)

    async def get(self, job_id: UUID) -> list[LogRecord]:
        """Return the kept lines of a job, oldest first."""
        return await CallerLane().run(read_log, job_id, self._using)

    async def close(self) -> None:
        await self._lane.close()

    @property
    def _alias(self) -> str:
        return self._using or router.db_for_write(JobLog)

    def _insert(self, records: Sequence[LogRecord]) -> None:
        using = self._alias
        rows = [
            JobLog(job_id=job_id, version=version, seq=next(_sequence), lines=lines)
            for (job_id, version), written in _by_run(records).items()
            for lines in _row_sized(written)
        ]
        connection = connections[using]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(*log_statement(JobLog._meta.db_table, rows))
            return
        with transaction.atomic(using=using):
            JobLog.objects.using(using).bulk_create(rows, batch_size=ROWS)


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


def _by_run(records: Sequence[LogRecord]) -> dict[tuple[UUID, int], list[Line]]:
    runs: dict[tuple[UUID, int], list[Line]] = defaultdict(list)
    for record in records:
        seconds = record.written_at.timestamp() if record.written_at else time.time()
        line = (round(seconds, 3), record.stream, clean_text(record.message))
        runs[record.job_id, record.version].append(line)
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
