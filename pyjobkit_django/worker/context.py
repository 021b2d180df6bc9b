"""The context of a job that a worker runs."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from pyjobkit_django.context import DefaultExecContext
from pyjobkit_django.contracts import ExecContext, ProgressUpdate
from pyjobkit_django.payload import clean_json
from pyjobkit_django.worker.log_writer import LogWriter
from pyjobkit_django.worker.progress_writer import ProgressWriter
from pyjobkit_django.worker.run import Run, Stop
from pyjobkit_django.worker.run_log import BREATH, RunLog
from pyjobkit_django.worker.shift import Shift

#: How much may be shown beside the progress, in bytes of JSON.
MAX_META_BYTES: Final = 65_536


class RunContext(DefaultExecContext):
    """Knows its run: its lines and its progress are written as that run's."""

    def __init__(
        self, shift: Shift, run: Run, log: RunLog, progress: ProgressWriter
    ) -> None:
        super().__init__(
            run.job.id,
            log_sink=log,
            event_bus=shift.engine.event_bus,
            backend=shift.backend,
        )
        self.job = run.job
        self.attempt = run.job.attempts
        self.is_shadow = run.job.shadow
        self.metrics = shift.metrics
        self._run = run
        self._progress = progress
        self._changes = 0

    async def is_cancelled(self) -> bool:
        return self._run.stop_reason is Stop.CANCEL

    async def set_progress(self, value: float, /, **meta: Any) -> None:
        self._changes += 1
        if self._changes % BREATH == 0:
            await asyncio.sleep(0)
        shown = clean_json(meta, name="progress", max_bytes=MAX_META_BYTES)
        await super().set_progress(value, **meta)
        self._progress.record(
            ProgressUpdate(
                job_id=self.job_id,
                version=self._run.job.version,
                value=float(value),
                meta=shown if isinstance(shown, dict) else {},
            )
        )


class Contexts:
    """Makes the context of each run."""

    def __init__(self, shift: Shift, logs: LogWriter, progress: ProgressWriter) -> None:
        self._shift = shift
        self._logs = logs
        self._progress = progress

    def of(self, run: Run) -> ExecContext:
        """Return a RunContext, or what the engine's own factory makes of the run."""
        engine = self._shift.engine
        log = RunLog(run.job, self._logs, self._shift.options.log_limits)
        if engine.exec_context_factory is DefaultExecContext:
            return RunContext(self._shift, run, log, self._progress)
        context = engine.make_ctx(run.job.id, log_sink=log, backend=self._shift.backend)
        context.attempt = run.job.attempts
        context.is_shadow = run.job.shadow
        if isinstance(context, DefaultExecContext):
            context.job = run.job
            context.metrics = self._shift.metrics
        return context
