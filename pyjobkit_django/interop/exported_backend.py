"""One of our backends with the verbs of pyjobkit's QueueBackend."""

from __future__ import annotations

import logging
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from pyjobkit_django.backends.bulk import BulkBackend
from pyjobkit_django.contracts import ClaimedRow
from pyjobkit_django.errors import InvalidJobError, OptimisticLockError
from pyjobkit_django.interop.holds import Hold, Holds
from pyjobkit_django.interop.promotion import Promotion
from pyjobkit_django.interop.translation import as_they_tell, cancelled, released
from pyjobkit_django.jobs import FINAL, JobRules, JobStatus
from pyjobkit_django.outcomes import Failure

logger = logging.getLogger("pyjobkit.interop")

#: How often an unconditional end follows a job that moves under its hands.
END_TRIES: Final = 10

type Write = Callable[[int], Awaitable[None]]


class ExportedBackend:
    """Our backend under pyjobkit's Engine and Worker; ``conflict`` is pyjobkit's error.

    Two things differ from pyjobkit's own backends. A running job that is cancelled goes
    on being ``running`` until its worker stops it, or somebody cancels it once more. And
    what is final stays so: ``retry`` and an end without a version leave it alone.
    """

    def __init__(
        self,
        backend: BulkBackend,
        *,
        conflict: type[Exception],
        kinds: Collection[str] | None = None,
        queues: Sequence[str] | None = None,
    ) -> None:
        self._backend = backend
        self._conflict = conflict
        self._kinds = kinds
        self._queues = queues
        self._holds = Holds(backend)
        self._promotion = Promotion(backend)

    @property
    def lease_ttl_s(self) -> float:
        """How long a claim holds, in seconds; give pyjobkit's Worker the same."""
        return self._backend.lease_ttl_s

    # Enqueueing and looking.

    async def enqueue(
        self, *, kind: str, payload: dict[str, Any], **fields: Any
    ) -> UUID:
        """Store a job; the id of the one that already holds its idempotency_key if any."""
        (job_id,) = await self.enqueue_many(
            [{**fields, "kind": kind, "payload": payload}]
        )
        return job_id

    async def enqueue_many(self, jobs: Iterable[dict[str, Any]]) -> list[UUID]:
        """Store jobs, given as the keywords of ``enqueue``, and return their ids in order."""
        queue = self._queues[0] if self._queues else None
        rules = JobRules()
        specs = [rules.build(queue=queue, **job) for job in jobs]
        return await self._backend.enqueue_many(specs)

    async def get(self, job_id: UUID) -> dict[str, Any]:
        """Return the job's record, in pyjobkit's statuses: what is scheduled is queued."""
        return as_they_tell(await self._backend.get(job_id))

    async def is_cancelled(self, job_id: UUID) -> bool:
        """Tell whether the job is cancelled or to be, as far as is known.

        Trouble in the backend counts as no until the next look: pyjobkit's Worker looks
        often, and would end of it.
        """
        try:
            return await self._backend.is_cancelled(job_id)
        except Exception:
            logger.warning("cancel unknown", extra={"job_id": job_id}, exc_info=True)
            return False

    async def queue_depth(self) -> int:
        """Return how many jobs are due."""
        return await self._backend.queue_depth()

    async def check_connection(self) -> None:
        """Raise where jobs can be neither read nor written."""
        await self._backend.check_connection()

    async def close(self) -> None:
        """Close the backend."""
        await self._backend.close()

    def __getattr__(self, name: str) -> Any:
        """Offer ``count`` and ``all_jobs`` where the backend has them."""
        if name in ("count", "all_jobs"):
            return getattr(self._backend, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    # What pyjobkit's Worker does.

    async def claim_batch(self, worker_id: UUID, *, limit: int = 1) -> list[ClaimedRow]:
        """Lease up to ``limit`` jobs that are due; they stay queued."""
        await self._promotion.catch_up()
        rows = await self._backend.claim_batch(
            worker_id, limit=limit, kinds=self._kinds, queues=self._queues
        )
        self._holds.hand_out(rows, worker_id)
        return rows

    async def mark_running(self, job_id: UUID, worker_id: UUID) -> None:
        """Start a job that this worker leased; pyjobkit's error where it may not."""
        with self._conflicts(job_id):
            await self._holds.begin(job_id, worker_id)

    async def extend_lease(
        self,
        job_id: UUID,
        worker_id: UUID,
        ttl_s: float,
        *,
        expected_version: int | None = None,
    ) -> None:
        """Hold a job for ``ttl_s`` seconds; without a version a stranger is ignored."""
        hold = await self._holds.of(job_id, expected_version)
        mine = hold is not None and hold.worker_id == worker_id
        if hold is None or not mine:
            if expected_version is None:
                return
            raise self._conflict(f"job {job_id} is not leased by worker {worker_id}")
        version = hold.version if expected_version is None else expected_version
        with self._conflicts(job_id):
            await self._holds.start(job_id, hold)
            await self._backend.extend_lease(
                job_id, worker_id, ttl_s, expected_version=version
            )

    async def retry(self, job_id: UUID, *, delay: float) -> None:
        """Queue a job again that is in hand; with no delay it stands behind its equals.

        A job that is not in hand any more is left alone. Nor does trouble in the backend
        come through: pyjobkit's Worker would end of it, where the lease brings the job
        back by itself.
        """
        try:
            hold = await self._holds.of(job_id)
            if hold is not None:
                await self._return(job_id, hold, delay)
        except Exception:
            logger.warning("job not retried", extra={"job_id": job_id}, exc_info=True)
        finally:
            self._holds.forget(job_id)

    async def reap_expired(self) -> int:
        """Take back the jobs whose lease has ended; return how many."""
        return await self._backend.reap_expired()

    # Ends. Without a version they are unconditional, save for jobs that have ended.

    async def succeed(
        self, job_id: UUID, result: Any, *, expected_version: int | None = None
    ) -> None:
        """End a job with its result; one that cannot be stored fails it, once."""

        async def write(version: int) -> None:
            try:
                await self._backend.succeed(job_id, result, expected_version=version)
            except InvalidJobError as error:
                reason = Failure.of(error, reason="unstorable_result").as_json()
                await self._backend.fail(job_id, reason, expected_version=version)

        await self._end(job_id, expected_version, write)

    async def fail(
        self,
        job_id: UUID,
        reason: dict[str, Any],
        *,
        expected_version: int | None = None,
    ) -> None:
        """End a job for a reason."""

        async def write(version: int) -> None:
            await self._backend.fail(job_id, reason, expected_version=version)

        await self._end(job_id, expected_version, write)

    async def timeout(
        self, job_id: UUID, *, expected_version: int | None = None
    ) -> None:
        """End a job that took too long."""

        async def write(version: int) -> None:
            await self._backend.timeout(job_id, expected_version=version)

        await self._end(job_id, expected_version, write)

    async def cancel(self, job_id: UUID) -> None:
        """Cancel a waiting job, ask a running one to stop; end it if that was asked."""
        record = await self._backend.get(job_id)
        if record["status"] is JobStatus.RUNNING and record["cancel_requested"]:
            await self._backend.settle([cancelled(record)])
            self._holds.forget(job_id)
        else:
            await self._backend.cancel(job_id)

    async def purge_finished(
        self,
        *,
        older_than: timedelta | None = None,
        statuses: Collection[str] = tuple(FINAL),
    ) -> int:
        """Delete ended jobs with all that belongs to them; return how many."""
        chosen = [JobStatus(status) for status in statuses]
        return await self._backend.purge_finished(
            older_than=older_than, statuses=chosen
        )

    # How they are made of our verbs.

    async def _return(self, job_id: UUID, hold: Hold, delay: float) -> None:
        await self._holds.start(job_id, hold)
        if hold.begun:
            await self._backend.retry(
                job_id, delay=delay, expected_version=hold.version
            )
        else:
            await self._backend.settle([released(job_id, hold, delay)])

    async def _end(self, job_id: UUID, version: int | None, write: Write) -> None:
        if version is None:
            await self._end_anyhow(job_id, write)
            return
        hold = await self._holds.of(job_id, version)
        with self._conflicts(job_id):
            if hold is not None and hold.version == version:
                await self._holds.start(job_id, hold)
            await write(version)
        self._holds.forget(job_id)

    async def _end_anyhow(self, job_id: UUID, write: Write) -> None:
        for _ in range(END_TRIES):
            hold = await self._holds.of(job_id)
            if hold is None:
                hold = await self._seize(job_id)
            if hold is None:
                return
            try:
                await self._holds.start(job_id, hold)
                await write(hold.version)
            except OptimisticLockError:
                continue
            finally:
                self._holds.forget(job_id)
            return
        raise self._conflict(f"job {job_id} kept moving; end it again")

    async def _seize(self, job_id: UUID) -> Hold | None:
        """Claim a queued job; None where it has ended, or has not been due: cancelled."""
        worker_id = uuid4()
        job = await self._backend.claim_job(job_id, worker_id, ttl_s=self.lease_ttl_s)
        if job is None:
            await self._backend.cancel(job_id)
            return None
        return Hold(worker_id=worker_id, version=job.version, runs=True, begun=True)

    @contextmanager
    def _conflicts(self, job_id: UUID) -> Iterator[None]:
        try:
            yield
        except OptimisticLockError as error:
            self._holds.forget(job_id)
            raise self._conflict(str(error)) from error
