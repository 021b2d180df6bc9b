"""The context that a running job gets."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from pyjobkit_django.contracts import (
    ClaimedJob,
    EventBus,
    ExecContext,
    LogRecord,
    LogSink,
    QueueBackend,
)
from pyjobkit_django.metrics import UNMEASURED, WorkerMetrics

PROGRESS_TOPIC_TEMPLATE = "job.{job_id}.progress"

logger = logging.getLogger("pyjobkit.job")


class ExecContextFactory(Protocol):
    """Makes the context of one run; the signature is pyjobkit's."""

    def __call__(
        self,
        job_id: UUID,
        /,
        *,
        log_sink: LogSink,
        event_bus: EventBus,
        backend: QueueBackend,
    ) -> ExecContext:
        """Return a context for ``job_id``."""


class DefaultExecContext(ExecContext):
    """Writes to the log sink, announces progress, asks the backend about cancelling."""

    def __init__(
        self,
        job_id: UUID,
        /,
        *,
        log_sink: LogSink,
        event_bus: EventBus,
        backend: QueueBackend,
    ) -> None:
        self.job_id = job_id
        #: The run in hand; None outside a worker.
        self.job: ClaimedJob | None = None
        #: What hears of the phases that are profiled.
        self.metrics: WorkerMetrics = UNMEASURED
        self._log_sink = log_sink
        self._event_bus = event_bus
        self._backend = backend
        self._topic = ""

    async def log(self, message: str, /, *, stream: str = "stdout") -> None:
        version = self.job.version if self.job else 0
        now = datetime.now(UTC)  # noqa: TID251 - a line bears its writer's time
        await self._log_sink.write(
            LogRecord(self.job_id, stream, str(message), version, now)
        )

    async def is_cancelled(self) -> bool:
        return await self._backend.is_cancelled(self.job_id)

    async def set_progress(self, value: float, /, **meta: Any) -> None:
        if not math.isfinite(value):
            raise ValueError(f"progress must be a number from 0 to 1, not {value}")
        if not self._topic:
            self._topic = PROGRESS_TOPIC_TEMPLATE.format(job_id=self.job_id)
        await self._event_bus.publish(self._topic, {"value": value, **meta})

    @asynccontextmanager
    async def profile_phase(self, name: str, /, **meta: Any) -> AsyncIterator[None]:
        fields = {"job_id": self.job_id, "phase": name, **meta}
        logger.info("phase started", extra={"event": "phase.started", **fields})
        started = time.perf_counter()
        failure: BaseException | None = None
        try:
            yield
        except BaseException as error:
            failure = error
            raise
        finally:
            took_s = time.perf_counter() - started
            self.metrics.phase(self.job.kind if self.job else "", name, took_s=took_s)
            duration_ms = took_s * 1000
            kind = type(failure).__name__ if failure else None
            ended = {"event": "phase.ended", "duration_ms": duration_ms, "error": kind}
            logger.info("phase ended", extra={**ended, **fields})
            suffix = f" (error: {kind})" if kind else ""
            await self.log(f"phase {name} took {duration_ms:.1f}ms{suffix}")
