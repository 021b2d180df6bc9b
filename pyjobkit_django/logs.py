"""The log of jobs in memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from uuid import UUID

from pyjobkit_django.contracts import LogRecord, LogSink
from pyjobkit_django.errors import ConfigError


class MemoryLogSink(LogSink):
    """Keeps the last ``max_items`` lines of each of the last ``max_jobs`` jobs, 1 or more."""

    def __init__(self, *, max_items: int = 1000, max_jobs: int = 10_000) -> None:
        if max_items < 1 or max_jobs < 1:
            raise ConfigError("max_items and max_jobs must be 1 or more")
        self._max_items = max_items
        self._max_jobs = max_jobs
        self._lines: OrderedDict[UUID, deque[LogRecord]] = OrderedDict()

    async def write(self, record: LogRecord) -> None:
        if record.job_id not in self._lines:
            self._lines[record.job_id] = deque(maxlen=self._max_items)
            if len(self._lines) > self._max_jobs:
                self._lines.popitem(last=False)
        self._lines[record.job_id].append(record)

    async def get(self, job_id: UUID) -> list[LogRecord]:
        """Return the kept lines of a job, oldest first."""
        return list(self._lines.get(job_id, ()))
