"""Log sinks, event buses and contexts of the one side in the Engine of the other.

The two sides' log records differ: ours also tell the run and the time of a line.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyjobkit_django.closing import close_if_it_can
from pyjobkit_django.context import ExecContextFactory
from pyjobkit_django.contracts import (
    EventBus,
    ExecContext,
    LogRecord,
    LogSink,
    QueueBackend,
)


class ExportedLogSink:
    """Takes the log lines that pyjobkit's contexts write, for a sink of ours."""

    def __init__(self, sink: LogSink) -> None:
        self._sink = sink

    async def write(self, record: Any) -> None:
        """Keep one line."""
        await self._sink.write(
            LogRecord(record.job_id, record.stream, str(record.message))
        )

    async def close(self) -> None:
        """Let go of what the sink holds open."""
        await self._sink.close()


class ImportedLogSink(LogSink):
    """A log sink of pyjobkit's, which gets the lines of our workers as it knows them."""

    def __init__(self, theirs: Any, record_class: type[Any]) -> None:
        self.theirs = theirs
        self._record_class = record_class

    async def write(self, record: LogRecord) -> None:
        await self.theirs.write(
            self._record_class(record.job_id, record.stream, record.message)
        )

    async def close(self) -> None:
        await close_if_it_can(self.theirs)


class ImportedEventBus(EventBus):
    """An event bus of pyjobkit's."""

    def __init__(self, theirs: Any) -> None:
        self.theirs = theirs

    async def publish(self, topic: str, payload: dict[str, Any]) -> None:
        await self.theirs.publish(topic, payload)

    async def close(self) -> None:
        await close_if_it_can(self.theirs)


def imported_context_factory(theirs: Any) -> ExecContextFactory:
    """Return a factory of pyjobkit's contexts that write to our sinks."""

    def factory(
        job_id: UUID,
        /,
        *,
        log_sink: LogSink,
        event_bus: EventBus,
        backend: QueueBackend,
    ) -> ExecContext:
        context: ExecContext = theirs(
            job_id,
            log_sink=ExportedLogSink(log_sink),
            event_bus=event_bus,
            backend=backend,
        )
        return context

    return factory
