"""The contract of where jobs live.

A third party implements the *single verbs*, which are pyjobkit's; the *bulk verbs* have
defaults made of them. Our own backends implement the bulk verbs natively.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from pyjobkit_django.contracts.operating import OperatingVerbs
from pyjobkit_django.contracts.values import (
    ClaimedRow,
    ClaimRequest,
    JobCount,
    JobRecord,
    LeaseReport,
    ProgressUpdate,
    Sweep,
    Wakeup,
    WorkerBeat,
)
from pyjobkit_django.errors import OptimisticLockError, UnsupportedError
from pyjobkit_django.jobs import ClaimedJob, JobSpec, JobStatus, Verb
from pyjobkit_django.outcomes import Outcome

logger = logging.getLogger("pyjobkit.backend")

#: The fields of a JobSpec that pyjobkit's own ``enqueue`` takes.
TOOLKIT_FIELDS = (
    *("kind", "payload", "priority", "scheduled_for", "max_attempts"),
    *("idempotency_key", "timeout_s"),
)
#: The others; our own backends keep them all.
EXTRA_FIELDS = frozenset(JobSpec.__dataclass_fields__).difference(
    TOOLKIT_FIELDS, ["id"]
)


class Slot:
    """What a backend lends to one slot of a worker for as long as it stands."""

    @property
    def is_tidy(self) -> bool:
        """Whether there is nothing to clean up, so that the slot can go on at once."""
        return False

    async def tidy(self) -> bool:
        """Clean up after a job; False when the slot cannot be used again."""
        return True


class QueueBackend(OperatingVerbs):
    """Where jobs live, and every move they can make.

    A verb that names an ``expected_version`` raises OptimisticLockError, and changes
    nothing, where the job is no longer at it. ``get`` and ``cancel`` raise
    JobNotFoundError for an id that no job has.
    """

    #: How long a claim holds where the worker does not say, in seconds.
    lease_ttl_s: float = 30.0
    #: The fields of a JobSpec, beyond pyjobkit's own, that this backend keeps.
    stores: ClassVar[frozenset[str]] = frozenset()
    #: Whether it keeps what workers count; they count for nobody otherwise.
    keeps_counts: ClassVar[bool] = False

    # The single verbs.

    @abstractmethod
    async def enqueue(  # noqa: PLR0913 - pyjobkit's signature
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
        """Store a job; the id of the one that already holds ``idempotency_key`` if any."""

    @abstractmethod
    async def get(self, job_id: UUID) -> JobRecord:
        """Return the job as it stands."""

    @abstractmethod
    async def cancel(self, job_id: UUID) -> None:
        """Cancel a waiting job; ask a running one to stop; leave an ended one alone."""

    @abstractmethod
    async def is_cancelled(self, job_id: UUID) -> bool:
        """Tell whether the job is cancelled or to be."""

    @abstractmethod
    async def claim_batch(
        self,
        worker_id: UUID,
        *,
        limit: int = 1,
        kinds: Collection[str] | None = None,
        queues: Collection[str] | None = None,
        ttl_s: float | None = None,
    ) -> list[ClaimedRow]:
        """Lease up to ``limit`` queued jobs, first come by priority; they stay queued."""

    @abstractmethod
    async def mark_running(self, job_id: UUID, worker_id: UUID) -> None:
        """Start a job that this worker leased; OptimisticLockError where it may not."""

    @abstractmethod
    async def extend_lease(
        self, job_id: UUID, worker_id: UUID, ttl_s: float, *, expected_version: int
    ) -> None:
        """Hold a running job for ``ttl_s`` seconds from now."""

    @abstractmethod
    async def succeed(
        self, job_id: UUID, result: Any, *, expected_version: int
    ) -> None:
        """End a running job with its result."""

    @abstractmethod
    async def fail(
        self, job_id: UUID, reason: dict[str, Any], *, expected_version: int
    ) -> None:
        """End a running job for a reason."""

    @abstractmethod
    async def timeout(self, job_id: UUID, *, expected_version: int) -> None:
        """End a running job that took too long."""

    @abstractmethod
    async def retry(self, job_id: UUID, *, delay: float, expected_version: int) -> None:
        """Queue a running job again, in ``delay`` seconds; cancel it if that was asked."""

    @abstractmethod
    async def reap_expired(self) -> int:
        """Take back the jobs whose lease has ended; return how many."""

    @abstractmethod
    async def queue_depth(self) -> int:
        """Return how many jobs are queued."""

    @abstractmethod
    async def check_connection(self) -> None:
        """Raise where jobs can be neither read nor written."""

    # The bulk verbs.

    async def enqueue_many(self, specs: Sequence[JobSpec]) -> list[UUID]:
        """Store jobs and return their ids in order."""
        return [await self.enqueue(**self._toolkit_fields(spec)) for spec in specs]

    async def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """Lease and start up to ``request.limit`` queued jobs in one step."""
        if request.tags is not None and "tags" not in self.stores:
            raise UnsupportedError(f"{type(self).__name__} keeps no tags to claim by")
        rows = await self.claim_batch(
            request.worker_id,
            limit=request.limit,
            kinds=request.kinds,
            queues=request.queues,
            ttl_s=request.ttl_s,
        )
        return [
            job for row in rows if (job := await self._start(row, request.worker_id))
        ]

    async def settle(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """Write how runs ended; return the ids of those accepted, the rest being stale."""
        return frozenset(
            [outcome.job_id for outcome in outcomes if await self._settle_one(outcome)]
        )

    async def extend_leases(
        self, worker_id: UUID, versions: Mapping[UUID, int], ttl_s: float
    ) -> LeaseReport:
        """Hold running jobs, given as id → version, for ``ttl_s`` seconds from now."""
        extended, lost = set(), set()
        for job_id, version in versions.items():
            try:
                await self.extend_lease(
                    job_id, worker_id, ttl_s, expected_version=version
                )
            except OptimisticLockError:
                lost.add(job_id)
            else:
                extended.add(job_id)
        return LeaseReport(
            extended=frozenset(extended),
            lost=frozenset(lost),
            cancel_requested=await self.cancel_requests(extended),
        )

    async def cancel_requests(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the running jobs that are to be cancelled."""
        return frozenset(
            [job_id for job_id in job_ids if await self.is_cancelled(job_id)]
        )

    async def release(self, jobs: Sequence[ClaimedJob]) -> frozenset[UUID]:
        """Return claimed jobs to their queue unrun; return the ids of those accepted."""
        return await self.settle([Outcome.release(job) for job in jobs])

    async def promote(self) -> Sweep:
        """Queue the scheduled jobs that are due."""
        return Sweep()

    async def reap(self) -> Sweep:
        """Take back the jobs whose lease has ended."""
        return Sweep(count=await self.reap_expired())

    async def next_due_s(self, request: ClaimRequest) -> float | None:
        """Return in how many seconds ``request`` could be met, None where not in sight."""
        del request
        return None

    async def record_progress(self, updates: Sequence[ProgressUpdate]) -> None:
        """Keep the latest progress of running jobs; updates of other versions are dropped."""

    async def heartbeat(self, beat: WorkerBeat) -> bool:
        """Keep a worker's sign of life; return whether it was asked to drain."""
        return False

    async def record_counts(self, worker_id: UUID, counts: Sequence[JobCount]) -> None:
        """Keep what a worker counted; the same minute of it told again changes nothing."""

    async def roll_up_counts(self) -> None:
        """Add old minutes up to hours; safe while others do the same."""

    async def listen(self, receive: Callable[[Wakeup], None]) -> None:
        """Call ``receive`` with each hint until cancelled; return where there are none."""

    @asynccontextmanager
    async def worker_session(self) -> AsyncIterator[Self]:
        """Lend a worker the backend with what it needs of its own, such as threads."""
        yield self

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Lend one slot of a worker what the jobs in it need of their own."""
        yield Slot()

    async def close(self) -> None:
        """Let go of what the backend holds open."""

    # How the defaults are made of single verbs.

    def _toolkit_fields(self, spec: JobSpec) -> dict[str, Any]:
        for name, known in JobSpec.__dataclass_fields__.items():
            kept = name in ("id", *TOOLKIT_FIELDS, *self.stores)
            if not kept and getattr(spec, name) not in (known.default, {}, ()):
                raise UnsupportedError(f"{type(self).__name__} does not keep {name}")
        return {name: getattr(spec, name) for name in (*TOOLKIT_FIELDS, *self.stores)}

    async def _start(self, row: ClaimedRow, worker_id: UUID) -> ClaimedJob | None:
        try:
            await self.mark_running(row["id"], worker_id)
        except OptimisticLockError:
            return None
        except Exception:
            # Its lease brings it back; the rest of the batch must not wait for that.
            logger.warning(
                "job not started", extra={"job_id": row["id"]}, exc_info=True
            )
            return None
        fields = ClaimedJob._fields
        kept = {name: value for name, value in row.items() if name in fields}
        kept |= {"attempts": row["attempts"] + 1, "tags": tuple(row.get("tags", ()))}
        return ClaimedJob(**kept)  # type: ignore[arg-type] # the names were just checked

    async def _settle_one(self, outcome: Outcome) -> bool:
        job_id, version = outcome.job_id, outcome.version
        reason = outcome.failure.as_json() if outcome.failure else {}
        try:
            if outcome.verb is not Verb.FINISH or outcome.status is JobStatus.CANCELLED:
                # A retry of a job that is to be cancelled cancels it, and is fenced.
                await self.retry(
                    job_id, delay=outcome.delay_s, expected_version=version
                )
            elif outcome.status is JobStatus.SUCCESS:
                await self.succeed(job_id, outcome.result, expected_version=version)
            elif outcome.status is JobStatus.TIMEOUT:
                await self.timeout(job_id, expected_version=version)
            else:
                await self.fail(job_id, reason, expected_version=version)
        except OptimisticLockError:
            return False
        if outcome.follow_ups:
            await self.enqueue_many(outcome.follow_ups)
        return True
