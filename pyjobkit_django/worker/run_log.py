"""The log of one run."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

from pyjobkit_django.contracts import ClaimedJob, LogRecord, LogSink
from pyjobkit_django.payload import clean_text
from pyjobkit_django.worker.log_writer import LogWriter
from pyjobkit_django.worker.options import LogLimits

CUT: Final = "… cut …"
LIMIT_REACHED: Final = "… log limit reached …"
#: How much of a stream's name is kept, in characters.
MAX_STREAM: Final = 64
#: Of so many lines that go nowhere, one lets the other jobs have their turn.
BREATH: Final = 100


class RunLog(LogSink):
    """Takes the lines of one run: stamps, cleans, cuts and counts them on their way."""

    def __init__(self, job: ClaimedJob, writer: LogWriter, limits: LogLimits) -> None:
        self._job = job
        self._writer = writer
        self._limits = limits
        self._count = 0
        self._bytes = 0
        self._full = False

    async def write(self, record: LogRecord) -> None:
        self._count += 1
        if self._full:
            if self._count % BREATH == 0:
                await asyncio.sleep(0)
            return
        message = self._admitted(str(record.message))
        await self._writer.add(
            LogRecord(
                self._job.id,
                clean_text(str(record.stream)[:MAX_STREAM]),
                message,
                self._job.version,
                record.written_at or _now(),
            )
        )

    def _admitted(self, message: str) -> str:
        """Return what is kept of a line; of the first beyond the limits, that mark."""
        text, size = self._cut(message)
        self._bytes += size
        self._full = (
            self._count > self._limits.lines or self._bytes > self._limits.run_bytes
        )
        return LIMIT_REACHED if self._full else text

    def _cut(self, message: str) -> tuple[str, int]:
        """Return what fits of a line, and how many bytes that takes."""
        text = clean_text(message[: self._limits.line_bytes + 1])
        encoded = text.encode()
        if len(encoded) <= self._limits.line_bytes:
            return text, len(encoded)
        kept = encoded[: self._limits.line_bytes].decode(errors="ignore") + CUT
        return kept, len(kept.encode())


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a line bears its writer's time
