"""The least that a third party writes: pyjobkit's single verbs and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.contracts import ClaimedRow, JobRecord, QueueBackend


class SingleVerbs(QueueBackend):
    """Leaves every single verb to a MemoryBackend, and every other to the defaults."""

    def __init__(self) -> None:
        self.memory = MemoryBackend()
        #: Jobs whose start fails as a lost connection would.
        self.unreachable: set[UUID] = set()

    async def enqueue(self, **fields: Any) -> UUID:
        return await self.memory.enqueue(**fields)

    async def get(self, job_id: UUID) -> JobRecord:
        return await self.memory.get(job_id)

    async def cancel(self, job_id: UUID) -> None:
        await self.memory.cancel(job_id)

    async def is_cancelled(self, job_id: UUID) -> bool:
        return await self.memory.is_cancelled(job_id)

    async def claim_batch(self, worker_id: UUID, **options: Any) -> list[ClaimedRow]:
        return await self.memory.claim_batch(worker_id, **options)

    async def mark_running(self, job_id: UUID, worker_id: UUID) -> None:
        if job_id in self.unreachable:
            raise ConnectionError("the server went away")
        await self.memory.mark_running(job_id, worker_id)

    async def extend_lease(
        self, job_id: UUID, worker_id: UUID, ttl_s: float, *, expected_version: int
    ) -> None:
        await self.memory.extend_lease(
            job_id, worker_id, ttl_s, expected_version=expected_version
        )

    async def succeed(
        self, job_id: UUID, result: Any, *, expected_version: int
    ) -> None:
        await self.memory.succeed(job_id, result, expected_version=expected_version)

    async def fail(
        self, job_id: UUID, reason: dict[str, Any], *, expected_version: int
    ) -> None:
        await self.memory.fail(job_id, reason, expected_version=expected_version)

    async def timeout(self, job_id: UUID, *, expected_version: int) -> None:
        await self.memory.timeout(job_id, expected_version=expected_version)

    async def retry(self, job_id: UUID, *, delay: float, expected_version: int) -> None:
        await self.memory.retry(job_id, delay=delay, expected_version=expected_version)

    async def reap_expired(self) -> int:
        return await self.memory.reap_expired()

    async def queue_depth(self) -> int:
        return await self.memory.queue_depth()

    async def check_connection(self) -> None:
        await self.memory.check_connection()
