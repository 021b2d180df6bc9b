"""The single verbs of the contract, each as a batch of one."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, override
from uuid import UUID

from pyjobkit_django.contracts import (
    ClaimedRow,
    ClaimRequest,
    LeaseReport,
    QueueBackend,
    Sweep,
)
from pyjobkit_django.errors import OptimisticLockError
from pyjobkit_django.jobs import ClaimedJob, JobRules, JobSpec, JobStatus, Verb
from pyjobkit_django.outcomes import TIMED_OUT, Failure, Outcome
from pyjobkit_django.payload import clean_json

#: How often, and after how many seconds each, a busy row is asked for again.
BUSY_TRIES: Final = 40
BUSY_PAUSE_S: Final = 0.05


class BulkBackend(QueueBackend):
    """A backend whose native verbs are the bulk ones."""

    @abstractmethod
    async def enqueue_many(self, specs: Sequence[JobSpec]) -> list[UUID]:
        """Store jobs, all or none, and return their ids in order.

        A spec whose idempotency_key or unique_key is held gives the holder's id.
        """

    @abstractmethod
    async def claim_job(
        self, job_id: UUID, worker_id: UUID, *, ttl_s: float
    ) -> ClaimedJob | None:
        """Lease and start this very job if it is queued; None where it is not."""

    @abstractmethod
    async def lease(self, request: ClaimRequest) -> list[ClaimedRow]:
        """Lease queued jobs without starting them."""

    @abstractmethod
    async def settle(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """Write how runs ended; return the ids of those accepted, the rest being stale."""

    @abstractmethod
    async def extend_leases(
        self, worker_id: UUID, versions: Mapping[UUID, int], ttl_s: float
    ) -> LeaseReport:
        """Hold running jobs, given as id → version, for ``ttl_s`` seconds from now."""

    @abstractmethod
    async def reap(self) -> Sweep:
        """Take back the jobs whose lease has ended."""

    @override
    async def enqueue(
        self,
        *,
        kind: str,
        payload: dict[str, Any],
        priority: int = 100,
        scheduled_for: datetime | None = None,
        max_attempts: int = 3,
        idempotency_key: str | None = None,
        timeout_s: float | None = None,
        **options: Any,
    ) -> UUID:
        """Store a job; ``options`` are the other fields of a JobSpec."""
        spec = JobRules().build(
            kind=kind,
            payload=payload,
            priority=priority,
            scheduled_for=scheduled_for,
            max_attempts=max_attempts,
            idempotency_key=idempotency_key,
            timeout_s=timeout_s,
            **options,
        )
        (job_id,) = await self.enqueue_many([spec])
        return job_id

    async def is_cancelled(self, job_id: UUID) -> bool:
        record = await self.get(job_id)
        return record["cancel_requested"] or record["status"] is JobStatus.CANCELLED

    async def claim_batch(
        self,
        worker_id: UUID,
        *,
        limit: int = 1,
        kinds: Collection[str] | None = None,
        queues: Collection[str] | None = None,
        ttl_s: float | None = None,
    ) -> list[ClaimedRow]:
        return await self.lease(
            ClaimRequest(
                worker_id=worker_id,
                limit=limit,
                ttl_s=self.lease_ttl_s if ttl_s is None else ttl_s,
                kinds=None if kinds is None else frozenset(kinds),
                queues=None if queues is None else frozenset(queues),
            )
        )

    async def extend_lease(
        self, job_id: UUID, worker_id: UUID, ttl_s: float, *, expected_version: int
    ) -> None:
        for _ in range(BUSY_TRIES):
            report = await self.extend_leases(
                worker_id, {job_id: expected_version}, ttl_s
            )
            if job_id in report.extended:
                return
            if job_id in report.lost:
                break
            await asyncio.sleep(BUSY_PAUSE_S)
        raise OptimisticLockError(
            f"job {job_id} is not running at version {expected_version}"
        )

    async def succeed(
        self, job_id: UUID, result: Any, *, expected_version: int
    ) -> None:
        cleaned = clean_json(result, name="result")
        await self._finish(job_id, expected_version, JobStatus.SUCCESS, result=cleaned)

    async def fail(
        self, job_id: UUID, reason: dict[str, Any], *, expected_version: int
    ) -> None:
        failure = Failure.from_json(reason)
        await self._finish(job_id, expected_version, JobStatus.FAILED, failure=failure)

    async def timeout(self, job_id: UUID, *, expected_version: int) -> None:
        await self._finish(
            job_id, expected_version, JobStatus.TIMEOUT, failure=TIMED_OUT
        )

    async def retry(self, job_id: UUID, *, delay: float, expected_version: int) -> None:
        status = JobStatus.SCHEDULED if delay > 0 else JobStatus.QUEUED
        await self._settle(
            Outcome(
                job_id=job_id,
                version=expected_version,
                verb=Verb.RETRY,
                status=status,
                delay_s=delay,
            )
        )

    async def reap_expired(self) -> int:
        return (await self.reap()).count

    async def _finish(
        self, job_id: UUID, version: int, status: JobStatus, **ends: Any
    ) -> None:
        await self._settle(
            Outcome(
                job_id=job_id, version=version, verb=Verb.FINISH, status=status, **ends
            )
        )

    async def _settle(self, outcome: Outcome) -> None:
        if outcome.job_id not in await self.settle([outcome]):
            raise OptimisticLockError(
                f"job {outcome.job_id} is not running at version {outcome.version}"
            )
