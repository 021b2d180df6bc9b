"""Moments at which a job has its worker killed, around its start and its settle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pyjobkit_django import DjangoBackend
from pyjobkit_django.jobs import ClaimedJob
from pyjobkit_django.outcomes import Outcome
from tests.faults.jobs import CLAIMED, ENDED, SETTLED, die


def set_traps() -> None:
    """Have the worker die where a job asks for it, the first time it runs."""
    true_claim, true_settle = DjangoBackend.claim, DjangoBackend.settle
    doomed: dict[UUID, dict[str, Any]] = {}

    async def claim(self: Any, request: Any) -> list[ClaimedJob]:
        jobs = await true_claim(self, request)
        for job in jobs:
            if job.attempts == 1 and job.payload.get("die"):
                doomed[job.id] = job.payload
                spring(CLAIMED, [job.id])
        return jobs

    async def settle(self: Any, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        job_ids = [outcome.job_id for outcome in outcomes]
        spring(ENDED, job_ids)
        accepted = await true_settle(self, outcomes)
        spring(SETTLED, job_ids)
        return accepted

    def spring(moment: str, job_ids: list[UUID]) -> None:
        for job_id in job_ids:
            if doomed.get(job_id, {}).get("die") == moment:
                die(doomed[job_id])

    DjangoBackend.claim = claim  # type: ignore[method-assign]
    DjangoBackend.settle = settle  # type: ignore[method-assign]
