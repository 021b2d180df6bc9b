"""One run, from its start to its outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, Final

from pyjobkit_django.errors import DiscardJob, SnoozeJob
from pyjobkit_django.jobs import ClaimedJob
from pyjobkit_django.outcomes import Outcome
from pyjobkit_django.tracing import tracer
from pyjobkit_django.worker.callbacks import call
from pyjobkit_django.worker.containment import begin_run
from pyjobkit_django.worker.context import Contexts
from pyjobkit_django.worker.decisions import (
    End,
    Raised,
    Returned,
    Rules,
    Stopped,
    decide,
    failure_of,
)
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.run import Run, Stop
from pyjobkit_django.worker.settler import Settler
from pyjobkit_django.worker.shift import Shift

logger = logging.getLogger("pyjobkit.worker.runner")

#: A backend that hands over a kind nobody asked for gets it back for so many seconds.
FOREIGN_KIND_S: Final = 30.0


class Runner:
    """Calls the executor, decides what its end means and hands that to the settler."""

    def __init__(
        self, shift: Shift, in_flight: InFlight, contexts: Contexts, settler: Settler
    ) -> None:
        self._shift = shift
        self._in_flight = in_flight
        self._contexts = contexts
        self._settler = settler
        self._rules = Rules(
            retry_policy=shift.options.retry_policy,
            max_result_bytes=shift.engine.rules.max_payload_bytes,
        )

    async def run(self, run: Run) -> None:
        """Run a job to its end; nothing that an executor does is raised here."""
        with tracer().executing(run.job) as span:
            end = await self._end_of(run)
            run.ended_at = self._shift.clock()
            outcome = self._decide(run, end)
            span.ended(outcome, end.error if isinstance(end, Raised) else None)
        if self._close(run, outcome):
            await self._lose(run)

    async def abandon(self, run: Run) -> None:
        """Write down the end of a run that ignores being stopped; it may go on unheard."""
        reason = run.stop_reason or Stop.RELEASE
        logger.error(
            "run abandoned: its executor ignores being stopped",
            extra={
                "event": "job.abandoned",
                "job_id": run.job.id,
                "kind": run.job.kind,
                "reason": reason.value,
            },
        )
        run.ended_at = self._shift.clock()
        if self._close(run, self._decide(run, Stopped(reason))):
            await self._lose(run)

    def give_back(self, run: Run) -> None:
        """Return a job to its queue, whatever its executor may still be doing."""
        run.stop(Stop.RELEASE)
        if run.close():
            self._settler.add(run, Outcome.release(run.job))

    async def _end_of(self, run: Run) -> End:
        if run.lease_until <= self._shift.clock():
            run.stop(Stop.RELEASE)
        if run.stop_reason is not None:
            return Stopped(run.stop_reason)
        try:
            return Returned(await self._started(run))
        except BaseException as error:  # noqa: BLE001 - an executor may raise SystemExit
            return self._end_by(run, error)

    def _started(self, run: Run) -> Awaitable[Any]:
        """Return the executor's work, to be awaited: a frame less for each job."""
        job = run.job
        executor = self._shift.engine.executor_for(job.kind)
        if executor is None:
            raise SnoozeJob(FOREIGN_KIND_S)
        payload: Any = job.payload
        if not isinstance(payload, dict):
            name = type(payload).__name__
            raise DiscardJob(f"payload: must be a dict, not {name}")
        context = self._contexts.of(run)
        run.started_at = self._shift.clock()
        self._shift.journal.started(run)
        begin_run()
        work: Awaitable[Any] = executor.run(job_id=job.id, payload=payload, ctx=context)
        return work

    def _end_by(self, run: Run, error: BaseException) -> End:
        if isinstance(error, DiscardJob | SnoozeJob):
            return Raised(error)
        if isinstance(error, asyncio.CancelledError) and run.is_dismissed:
            run.stop(Stop.RELEASE)
        return Raised(error) if run.stop_reason is None else Stopped(run.stop_reason)

    def _decide(self, run: Run, end: End) -> Outcome | None:
        try:
            return decide(run.job, end, self._rules, _now, run.ran_s)
        except Exception as error:  # noqa: BLE001 - a policy of the site may raise anything
            return Outcome.failed(run.job, failure_of(error, "undecided"))

    def _close(self, run: Run, outcome: Outcome | None) -> bool:
        """Have the outcome written, unless the run is over; True where it is lost."""
        if not run.close():
            return False
        if outcome is not None:
            self._settler.add(run, outcome)
        return outcome is None

    async def _lose(self, run: Run) -> None:
        self._in_flight.drop(run)
        self._shift.journal.lease_lost(run)
        await call(self._shift.options.on_lease_lost, run.job.id, _row(run.job))


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - only to tell the age of a job


def _row(job: ClaimedJob) -> dict[str, Any]:
    return job._asdict()
