"""Deliberate defects, one for each invariant: what the checker has to find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from pyjobkit_django import DjangoBackend
from pyjobkit_django.contracts import Sweep
from pyjobkit_django.models import Job
from pyjobkit_django.models.clock import seconds_from_now
from pyjobkit_django.outcomes import Outcome
from pyjobkit_django.worker.run import Run, Stop


def no_fencing() -> None:
    """A settle is accepted whatever became of the job, and late ends do come."""
    true_settle = DjangoBackend.settle
    no_deadline()

    def as_current(outcomes: Sequence[Outcome], using: str) -> list[Outcome]:
        jobs = Job.objects.using(using).filter(
            pk__in=[each.job_id for each in outcomes]
        )
        jobs.update(status="running")
        versions = dict(jobs.values_list("pk", "version"))
        return [each._replace(version=versions[each.job_id]) for each in outcomes]

    async def settle(self: Any, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        lane = self._on("settle")
        forced = await lane.run(as_current, outcomes, self.using)
        return await true_settle(self, forced)

    DjangoBackend.settle = settle  # type: ignore[method-assign]


def no_reaper() -> None:
    """Nobody takes back what dead workers left."""

    async def reap(self: Any) -> Sweep:
        return Sweep()

    DjangoBackend.reap = reap  # type: ignore[method-assign]


def no_settle_retry() -> None:
    """An outcome is offered once, and forgotten if it could not be written."""
    true_settle = DjangoBackend.settle

    async def settle(self: Any, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        try:
            return await true_settle(self, outcomes)
        except Exception:  # noqa: BLE001 - that is the defect
            return frozenset(outcome.job_id for outcome in outcomes)

    DjangoBackend.settle = settle  # type: ignore[method-assign]


def early_reaper() -> None:
    """The reaper takes back jobs whose lease still holds."""
    true_reap = DjangoBackend.reap

    def expire(using: str) -> None:
        leased = Job.objects.using(using).filter(status="running")
        leased.update(lease_until=seconds_from_now(-1))

    async def reap(self: Any) -> Sweep:
        await self._on("tend").run(expire, self.using)
        # Once more soon, while the jobs of a trial run.
        return replace(await true_reap(self), next_in_s=2.0)

    DjangoBackend.reap = reap  # type: ignore[method-assign]


def no_deadline() -> None:
    """A run goes on after its lease has ended, and while nobody can extend it."""
    true_stop = Run.stop

    def stop(self: Run, reason: Stop) -> None:
        if reason is not Stop.LEASE_LOST:
            true_stop(self, reason)

    Run.stop = stop  # type: ignore[method-assign]


DEFECTS: dict[str, Callable[[], None]] = {
    defect.__name__: defect
    for defect in (no_fencing, no_reaper, no_settle_retry, early_reaper, no_deadline)
}
