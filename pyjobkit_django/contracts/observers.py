"""The contracts of what takes a job's log lines and announcements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


# Not frozen: a job that logs much makes two for each line, which would take twice as long.
@dataclass(slots=True)
class LogRecord:
    """One line of a job's log; ``version`` tells which of its runs wrote it."""

    job_id: UUID
    stream: str
    message: str
    version: int = 0
    written_at: datetime | None = None


class LogSink(ABC):
    """Where the log lines of jobs go."""

    @abstractmethod
    async def write(self, record: LogRecord) -> None:
        """Keep one line."""

    async def write_many(self, records: Sequence[LogRecord]) -> None:
        """Keep lines in order; all of them or, where this raises, none for sure."""
        for record in records:
            await self.write(record)

    @asynccontextmanager
    async def worker_session(self) -> AsyncIterator[LogSink]:
        """Lend a worker the sink with what it needs of its own, such as a connection."""
        yield self

    async def close(self) -> None:
        """Let go of what the sink holds open."""


class EventBus(ABC):
    """Where announcements go."""

    @abstractmethod
    async def publish(self, topic: str, payload: dict[str, Any]) -> None:
        """Tell those who listen to ``topic``."""

    async def close(self) -> None:
        """Let go of what the bus holds open."""
