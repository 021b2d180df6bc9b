"""A backend of pyjobkit's with the verbs of our QueueBackend."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, override
from uuid import UUID

from pyjobkit_django.closing import close_if_it_can
from pyjobkit_django.contracts import ClaimedRow, JobRecord, QueueBackend
from pyjobkit_django.errors import JobNotFoundError, OptimisticLockError
from pyjobkit_django.interop.translation import as_we_tell
from pyjobkit_django.jobs import DEFAULT_QUEUE, FINAL, JobStatus


class ImportedBackend(QueueBackend):
    """pyjobkit's MemoryBackend, or another of its kind, under our Engine and Worker.

    It has one queue and keeps pyjobkit's fields only. ``conflict`` is pyjobkit's error.
    """

    def __init__(self, theirs: Any, *, conflict: type[Exception]) -> None:
        self.theirs = theirs
        self.lease_ttl_s = float(getattr(theirs, "lease_ttl_s", self.lease_ttl_s))
        self._conflict = conflict

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
    ) -> UUID:
        job_id: UUID = await self.theirs.enqueue(
            kind=kind,
            payload=payload,
            priority=priority,
            scheduled_for=scheduled_for,
            max_attempts=max_attempts,
            idempotency_key=idempotency_key,
            timeout_s=timeout_s,
        )
        return job_id

    @override
    async def get(self, job_id: UUID) -> JobRecord:
        try:
            return as_we_tell(await self.theirs.get(job_id))
        except KeyError:
            raise JobNotFoundError(job_id) from None

    @override
    async def cancel(self, job_id: UUID) -> None:
        record = await self.get(job_id)
        if record["status"] not in FINAL:
            await self.theirs.cancel(job_id)

    @override
    async def is_cancelled(self, job_id: UUID) -> bool:
        return bool(await self.theirs.is_cancelled(job_id))

    @override
    async def claim_batch(
        self,
        worker_id: UUID,
        *,
        limit: int = 1,
        kinds: Collection[str] | None = None,
        queues: Collection[str] | None = None,
        ttl_s: float | None = None,
    ) -> list[ClaimedRow]:
        if queues is not None and DEFAULT_QUEUE not in queues:
            return []
        wanted, unwanted = await self._claim(worker_id, limit, kinds)
        for row in unwanted:
            await self.theirs.retry(row["id"], delay=0)
        if ttl_s is not None:
            for row in wanted:
                await self.extend_lease(
                    row["id"], worker_id, ttl_s, expected_version=row["version"]
                )
        return wanted

    @override
    async def mark_running(self, job_id: UUID, worker_id: UUID) -> None:
        # pyjobkit's own verb starts whatever it is given, even what has ended.
        record = await self.get(job_id)
        mine = record["leased_by"] == worker_id
        if not mine or record["status"] is not JobStatus.QUEUED:
            raise OptimisticLockError(
                f"job {job_id} is not leased by worker {worker_id}, or may not start"
            )
        await self.theirs.mark_running(job_id, worker_id)

    @override
    async def extend_lease(
        self, job_id: UUID, worker_id: UUID, ttl_s: float, *, expected_version: int
    ) -> None:
        with self._conflicts():
            await self.theirs.extend_lease(
                job_id, worker_id, ttl_s, expected_version=expected_version
            )

    @override
    async def succeed(
        self, job_id: UUID, result: Any, *, expected_version: int
    ) -> None:
        with self._conflicts():
            await self.theirs.succeed(job_id, result, expected_version=expected_version)

    @override
    async def fail(
        self, job_id: UUID, reason: dict[str, Any], *, expected_version: int
    ) -> None:
        with self._conflicts():
            await self.theirs.fail(job_id, reason, expected_version=expected_version)

    @override
    async def timeout(self, job_id: UUID, *, expected_version: int) -> None:
        with self._conflicts():
            await self.theirs.timeout(job_id, expected_version=expected_version)

    @override
    async def retry(self, job_id: UUID, *, delay: float, expected_version: int) -> None:
        record = await self.get(job_id)
        if record["status"] is JobStatus.CANCELLED:
            # There a cancelled job has ended before its worker stops it.
            return
        if record["version"] != expected_version or record["status"] in FINAL:
            raise OptimisticLockError(
                f"job {job_id} is not running at version {expected_version}"
            )
        await self.theirs.retry(job_id, delay=delay)

    @override
    async def reap_expired(self) -> int:
        return int(await self.theirs.reap_expired())

    @override
    async def queue_depth(self) -> int:
        return int(await self.theirs.queue_depth())

    @override
    async def check_connection(self) -> None:
        await self.theirs.check_connection()

    @override
    async def purge_finished(
        self,
        *,
        older_than: timedelta | None = None,
        statuses: Collection[JobStatus] = tuple(FINAL),
    ) -> int:
        chosen = tuple(status.value for status in statuses)
        return int(
            await self.theirs.purge_finished(older_than=older_than, statuses=chosen)
        )

    @override
    async def close(self) -> None:
        await close_if_it_can(self.theirs)

    async def _claim(
        self, worker_id: UUID, limit: int, kinds: Collection[str] | None
    ) -> tuple[list[ClaimedRow], list[ClaimedRow]]:
        """Claim until enough of ``kinds`` are found; return them, and the others."""
        wanted: list[ClaimedRow] = []
        unwanted: list[ClaimedRow] = []
        while len(wanted) < limit:
            rows = await self.theirs.claim_batch(worker_id, limit=limit - len(wanted))
            if not rows:
                break
            for row in rows:
                fits = kinds is None or row["kind"] in kinds
                (wanted if fits else unwanted).append(row)
        return wanted, unwanted

    @contextmanager
    def _conflicts(self) -> Iterator[None]:
        try:
            yield
        except self._conflict as error:
            raise OptimisticLockError(str(error)) from error
