"""A backend under test, and what brings its jobs to where a test wants them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from pyjobkit_django.contracts import (
    ClaimedRow,
    ClaimRequest,
    JobRecord,
    QueueBackend,
)
from pyjobkit_django.jobs import ClaimedJob, JobSpec, JobStatus
from pyjobkit_django.outcomes import Failure, Outcome
from tests.conformance.probes import Probe

BROKEN = Failure(
    error="ValueError('broken')",
    exception_type="ValueError",
    message="broken",
    details={"line": 7},
    traceback="Traceback: broken",
)


def request(worker_id: UUID, *, limit: int = 1, **filters: Any) -> ClaimRequest:
    chosen = {name: frozenset(values) for name, values in filters.items()}
    return ClaimRequest(worker_id=worker_id, limit=limit, ttl_s=60.0, **chosen)


def from_now(seconds: float) -> datetime:
    now = datetime.now(UTC)  # noqa: TID251 - only ever compared with a generous margin
    return now + timedelta(seconds=seconds)


class Stage:
    """``worker`` is the worker that does everything, unless a test says otherwise."""

    def __init__(self, backend: QueueBackend, probe: Probe) -> None:
        self.backend = backend
        self.probe = probe
        self.worker = uuid4()
        self._kinds = (f"kind-{number}" for number in count(1))

    async def enqueue(self, **fields: Any) -> UUID:
        """Store a job, of a kind of its own unless told."""
        (job_id,) = await self.enqueue_many([fields])
        return job_id

    async def enqueue_many(self, jobs: Collection[dict[str, Any]]) -> list[UUID]:
        specs = [JobSpec.build(**{"kind": next(self._kinds), **job}) for job in jobs]
        return await self.backend.enqueue_many(specs)

    async def claim(self, limit: int = 1, **filters: Any) -> list[ClaimedJob]:
        return await self.backend.claim(request(self.worker, limit=limit, **filters))

    async def claimed_ids(self, limit: int = 1, **filters: Any) -> list[UUID]:
        return [job.id for job in await self.claim(limit, **filters)]

    async def running(self, **fields: Any) -> ClaimedJob:
        """Store a job and claim it."""
        job_id = await self.enqueue(**fields)
        (job,) = await self.claim(kinds={(await self.backend.get(job_id))["kind"]})
        assert job.id == job_id
        return job

    async def running_many(self, number: int) -> list[ClaimedJob]:
        await self.enqueue_many([{"kind": "many"}] * number)
        return await self.claim(limit=number, kinds={"many"})

    async def leased(self, **fields: Any) -> ClaimedRow:
        """Store a job and lease it without starting it."""
        job_id = await self.enqueue(**fields)
        kind = (await self.backend.get(job_id))["kind"]
        (row,) = await self.backend.claim_batch(self.worker, kinds={kind}, ttl_s=60.0)
        assert row["id"] == job_id
        return row

    async def brought_to(self, status: JobStatus, **fields: Any) -> JobRecord:
        """Store a job and bring it to ``status``; return its record."""
        if status is JobStatus.SCHEDULED:
            job_id = await self.enqueue(scheduled_for=from_now(3600), **fields)
        elif status is JobStatus.QUEUED:
            job_id = await self.enqueue(**fields)
        else:
            job = await self.running(**fields)
            job_id = job.id
            if status is not JobStatus.RUNNING:
                assert await self.backend.settle([end_as(status, job)]) == {job_id}
        record = await self.backend.get(job_id)
        assert record["status"] is status
        return record


def end_as(status: JobStatus, job: ClaimedJob) -> Outcome:
    """Return the outcome that ends ``job`` as ``status``."""
    return {
        JobStatus.SUCCESS: Outcome.success(job, {"done": True}),
        JobStatus.FAILED: Outcome.failed(job, BROKEN),
        JobStatus.TIMEOUT: Outcome.timeout(job),
        JobStatus.CANCELLED: Outcome.cancelled(job),
    }[status]
