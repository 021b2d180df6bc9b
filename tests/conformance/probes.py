"""What the contract cannot do: turn back a job's times, and look behind the verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.jobs import JobStatus

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The record of one run that did not succeed."""

    version: int
    attempt: int
    worker_id: UUID
    started_at: datetime
    finished_at: datetime
    failure: Mapping[str, Any]
    traceback: str


class Probe(Protocol):
    async def expire_lease(self, *job_ids: UUID) -> None:
        """Let leases end long ago."""

    async def make_due(self, *job_ids: UUID) -> None:
        """Let scheduled jobs be due since long ago, without promoting them."""

    async def end_long_ago(self, *job_ids: UUID) -> None:
        """Let ended jobs have ended long ago."""

    async def attempts(self, job_id: UUID) -> list[Attempt]:
        """Return the attempt records of a job, the oldest first."""

    async def count(self) -> int:
        """Return how many jobs are stored."""

    async def worker_states(self) -> dict[UUID, str]:
        """Return the state of each worker that gave a sign of life."""


class MemoryProbe:
    def __init__(self, backend: MemoryBackend) -> None:
        self.backend = backend

    async def expire_lease(self, *job_ids: UUID) -> None:
        for job_id in job_ids:
            self.backend._table.held[job_id].lease_until = LONG_AGO

    async def make_due(self, *job_ids: UUID) -> None:
        table = self.backend._table
        for job_id in job_ids:
            table.let_go(table.jobs[job_id])
            table.line_up(table.jobs[job_id], JobStatus.SCHEDULED, LONG_AGO)

    async def end_long_ago(self, *job_ids: UUID) -> None:
        for job_id in job_ids:
            self.backend._table.jobs[job_id].finished_at = LONG_AGO

    async def attempts(self, job_id: UUID) -> list[Attempt]:
        return [
            Attempt(
                version=kept.version,
                attempt=kept.attempt,
                worker_id=kept.worker_id,
                started_at=kept.started_at,
                finished_at=kept.finished_at,
                failure=kept.failure,
                traceback=kept.traceback,
            )
            for kept in await self.backend.attempts_of(job_id)
        ]

    async def count(self) -> int:
        return await self.backend.count()

    async def worker_states(self) -> dict[UUID, str]:
        return {beat.worker_id: beat.state for beat in await self.backend.workers()}
