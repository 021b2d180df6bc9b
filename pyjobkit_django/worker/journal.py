"""What a worker tells about jobs: the log in constant text and fields, counts, metrics."""

from __future__ import annotations

import logging
from typing import Any, Final
from uuid import UUID

from pyjobkit_django import chains
from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.metrics import UNMEASURED, WorkerMetrics
from pyjobkit_django.outcomes import Outcome
from pyjobkit_django.worker.run import Run
from pyjobkit_django.worker.tally import Tally

logger = logging.getLogger("pyjobkit.worker.jobs")

#: How much of a reason is logged, in characters.
SHOWN: Final = 500

_ENDS: Final = {
    JobStatus.SUCCESS: ("job.succeeded", logging.INFO),
    JobStatus.FAILED: ("job.failed", logging.WARNING),
    JobStatus.TIMEOUT: ("job.timeout", logging.WARNING),
    JobStatus.CANCELLED: ("job.cancelled", logging.INFO),
}
_RETURNS: Final = {
    Verb.RETRY: ("job.retry", logging.WARNING),
    Verb.SNOOZE: ("job.snoozed", logging.INFO),
    Verb.RELEASE: ("job.released", logging.INFO),
}


class Journal:
    """Logs, counts and measures the life of the jobs that one worker runs."""

    def __init__(
        self, worker_id: UUID, tally: Tally, metrics: WorkerMetrics = UNMEASURED
    ) -> None:
        self._worker_id = worker_id
        self._tally = tally
        self._metrics = metrics

    def started(self, run: Run) -> None:
        """Tell that the executor is called."""
        self._metrics.started(run.job.kind, waited_s=run.job.waited_s)
        self._log("job.started", logging.INFO, run, JobStatus.RUNNING)

    def settled(self, run: Run, outcome: Outcome) -> None:
        """Tell how the job ended, as the backend has it."""
        word, ran_s = outcome.word, run.ran_s
        self._tally.add(run.job, word, ran_s)
        self._metrics.settled(run.job.kind, word, ran_s=ran_s)
        event, level = _end_of(run, outcome)
        if not logger.isEnabledFor(level):
            return
        failure = outcome.failure
        fields = {
            "reason": (failure.reason or failure.error)[:SHOWN] if failure else None,
            "exception_type": failure.exception_type if failure else None,
            "retry_delay_s": outcome.delay_s or None,
        }
        self._log(event, level, run, outcome.status, **fields)
        if failure and failure.reason == chains.BROKEN:
            self._log("chain.broken", level, run, outcome.status)

    def refused(self, run: Run, outcome: Outcome) -> None:
        """Tell that the job had moved on before its outcome arrived."""
        self._metrics.refused(run.job.kind)
        self._log("job.lock_conflict", logging.WARNING, run, outcome.status)

    def lease_lost(self, run: Run) -> None:
        """Tell that the run was stopped because it no longer had the right to go on."""
        self._metrics.lease_lost(run.job.kind)
        self._log("job.lease_lost", logging.WARNING, run, JobStatus.RUNNING)

    def _log(
        self, event: str, level: int, run: Run, status: JobStatus, **more: Any
    ) -> None:
        if not logger.isEnabledFor(level):
            return
        fields = {
            "event": event,
            "job_id": run.job.id,
            "worker_id": self._worker_id,
            "kind": run.job.kind,
            "status": status.value,
            "attempts": run.job.attempts,
            "duration_ms": run.duration_ms,
            **({"shadow": True} if run.job.shadow else {}),
            **{name: value for name, value in more.items() if value is not None},
        }
        logger.log(level, event.replace(".", " "), extra=fields)


def _end_of(run: Run, outcome: Outcome) -> tuple[str, int]:
    if outcome.verb is not Verb.FINISH:
        return _RETURNS[outcome.verb]
    if run.job.shadow and outcome.status is JobStatus.SUCCESS:
        return "job.shadow_succeeded", logging.INFO
    return _ENDS[outcome.status]
