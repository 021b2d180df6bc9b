"""The log of one run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pyjobkit_django.contracts import ClaimedJob, LogRecord, LogSink
from pyjobkit_django.payload import clean_text
from pyjobkit_django.worker.log_writer import LogWriter
from pyjobkit_django.worker.options import LogLimits

CUT: Final = "… cut …"
LIMIT_REACHED: Final = "… log limit reached …"


class RunLog(LogSink):
    """Takes the lines of one run: stamps, cleans, cuts and counts them on their way."""

    def __init__(self, job: ClaimedJob, writer: LogWriter, limits: LogLimits) -> None:
        self._job = job
        self._writer = writer
        self._limits = limits
        self._count = 0

    async def write(self, record: LogRecord) -> None:
        self._count += 1
        if self._count > self._limits.lines + 1:
            return
        reached = self._count > self._limits.lines
        message = LIMIT_REACHED if reached else self._cut(str(record.message))
        now = datetime.now(UTC)  # noqa: TID251 - a line bears its writer's time
        await self._writer.add(
            LogRecord(
                self._job.id,
                clean_text(str(record.stream)),
                message,
                self._job.version,
                record.written_at or now,
            )
        )

    def _cut(self, message: str) -> str:
        text = clean_text(message[: self._limits.line_bytes + 1])
        encoded = text.encode()
        if len(encoded) <= self._limits.line_bytes:
            return text
        return encoded[: self._limits.line_bytes].decode(errors="ignore") + CUT
