"""MemoryBackend: every verb in one process, and the reference for what each verb means."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, override
from uuid import UUID

from pyjobkit_django.backends.memory.hints import Hints
from pyjobkit_django.backends.memory.job import AttemptRecord, copied
from pyjobkit_django.backends.memory.operating import MemoryOperating
from pyjobkit_django.backends.memory.table import MemoryTable
from pyjobkit_django.contracts import (
    EXTRA_FIELDS,
    ClaimedRow,
    ClaimRequest,
    JobRecord,
    LeaseReport,
    ProgressUpdate,
    Sweep,
    Wakeup,
    WakeupKind,
    WorkerBeat,
)
from pyjobkit_django.errors import OptimisticLockError
from pyjobkit_django.jobs import MOVES, ClaimedJob, JobSpec, JobStatus, Verb
from pyjobkit_django.outcomes import Outcome


def _utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - this process is the whole system


class MemoryBackend(MemoryOperating):
    """Keeps jobs in memory, for one event loop; all of them end with the process.

    ``lease_ttl_s`` is in seconds; ``clock`` returns the present as an aware datetime
    in UTC. No verb awaits anything while it moves a job, so each is atomic.
    """

    stores: ClassVar[frozenset[str]] = EXTRA_FIELDS

    def __init__(
        self, *, lease_ttl_s: float = 30.0, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self.lease_ttl_s = lease_ttl_s
        self._now = clock
        self._table = MemoryTable()
        self._beats: dict[UUID, WorkerBeat] = {}
        self._to_drain: set[UUID] = set()
        self._hints = Hints()

    # Enqueueing and looking.

    @override
    async def enqueue_many(self, specs: Sequence[JobSpec]) -> list[UUID]:
        return self._add(specs, self._now())

    @override
    async def get(self, job_id: UUID) -> JobRecord:
        return self._job(job_id).record()

    async def all_jobs(
        self, *, status: JobStatus | None = None, limit: int | None = None
    ) -> list[JobRecord]:
        """Return jobs, all or those of one status, the newest first."""
        newest = sorted(self._table.jobs.values(), key=lambda job: -job.id.int)
        found = [job for job in newest if status in (None, job.status)]
        return [job.record() for job in found[:limit]]

    async def count(self, status: JobStatus | None = None) -> int:
        """Return how many jobs there are, of all or of one status."""
        return sum(status in (None, job.status) for job in self._table.jobs.values())

    async def attempts_of(self, job_id: UUID) -> list[AttemptRecord]:
        """Return the job's runs that did not succeed, the oldest first."""
        return list(self._table.attempts.get(job_id, ()))

    async def workers(self) -> list[WorkerBeat]:
        """Return the last sign of life of each worker."""
        return list(self._beats.values())

    @override
    async def queue_depth(self) -> int:
        queued = [job.status is JobStatus.QUEUED for job in self._table.held.values()]
        return len(self._table.queued) + sum(queued)

    @override
    async def check_connection(self) -> None:
        """Memory is always there."""

    # What workers do.

    @override
    async def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        now = self._now()
        jobs = self._table.lease(request, Verb.CLAIM, now + _seconds(request.ttl_s))
        for job in jobs:
            job.start(now)
        return [job.claimed() for job in jobs]

    @override
    async def claim_job(
        self, job_id: UUID, worker_id: UUID, *, ttl_s: float
    ) -> ClaimedJob | None:
        now = self._now()
        job = self._table.jobs.get(job_id)
        if job is None or not self._table.lease_job(
            job, worker_id, now + _seconds(ttl_s)
        ):
            return None
        job.start(now)
        return job.claimed()

    @override
    async def lease(self, request: ClaimRequest) -> list[ClaimedRow]:
        until = self._now() + _seconds(request.ttl_s)
        return [job.leased() for job in self._table.lease(request, Verb.LEASE, until)]

    @override
    async def mark_running(self, job_id: UUID, worker_id: UUID) -> None:
        now = self._now()
        job = self._table.held.get(job_id)
        if (
            job is None
            or job.status not in MOVES[Verb.MARK_RUNNING].sources
            or job.leased_by != worker_id
            or job.lease_until is None
            or job.lease_until <= now
        ):
            raise OptimisticLockError(
                f"job {job_id} is not leased by worker {worker_id}"
            )
        job.count(Verb.MARK_RUNNING)
        job.start(now)

    @override
    async def extend_leases(
        self, worker_id: UUID, versions: Mapping[UUID, int], ttl_s: float
    ) -> LeaseReport:
        until = self._now() + _seconds(ttl_s)
        extended = set()
        for job_id, version in versions.items():
            job = self._table.in_move(job_id, Verb.EXTEND, version)
            if job and job.leased_by == worker_id:
                job.lease_until = until
                extended.add(job_id)
        return LeaseReport(
            extended=frozenset(extended),
            lost=frozenset(versions) - extended,
            cancel_requested=await self.cancel_requests(extended),
        )

    @override
    async def cancel_requests(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        held = self._table.held
        return frozenset(
            job_id
            for job_id in job_ids
            if (job := held.get(job_id)) and job.cancel_requested
        )

    @override
    async def settle(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        now = self._now()
        accepted = [outcome for outcome in outcomes if self._table.settle(outcome, now)]
        self._add([spec for outcome in accepted for spec in outcome.follow_ups], now)
        ids = frozenset(outcome.job_id for outcome in accepted)
        self._hints.announce([self._table.jobs[job_id] for job_id in ids], now)
        return ids

    @override
    async def record_progress(self, updates: Sequence[ProgressUpdate]) -> None:
        for update in updates:
            job = self._table.in_move(update.job_id, Verb.EXTEND, update.version)
            if job:
                job.progress = update.value
                job.progress_meta = copied(update.meta)

    # What keeps the queue moving.

    @override
    async def promote(self) -> Sweep:
        now = self._now()
        due = self._table.scheduled.take_due(now)
        for job in due:
            job.count(Verb.PROMOTE)
            self._table.line_up(job, JobStatus.QUEUED, job.scheduled_for)
        self._hints.announce(due, now)
        following = self._table.scheduled.first()
        return Sweep(
            count=len(due),
            next_in_s=_seconds_until(following.scheduled_for, now)
            if following
            else None,
        )

    @override
    async def reap(self) -> Sweep:
        now = self._now()
        ends = [(job.lease_until or now, job) for job in self._table.held.values()]
        expired = [job for end, job in ends if end <= now]
        for job in expired:
            self._table.reap(job, now)
        self._hints.announce(expired, now)
        following = min((end for end, _ in ends if end > now), default=None)
        return Sweep(
            count=len(expired),
            next_in_s=_seconds_until(following, now) if following else None,
        )

    @override
    async def next_due_s(self, request: ClaimRequest) -> float | None:
        if self._table.queued.first(request):
            return 0.0
        job = self._table.scheduled.first(request)
        return _seconds_until(job.scheduled_for, self._now()) if job else None

    async def clear(self) -> None:
        """Forget every job."""
        self._table = MemoryTable()

    # Hints.

    @override
    async def heartbeat(self, beat: WorkerBeat) -> bool:
        self._beats[beat.worker_id] = beat
        self._hints.send(WakeupKind.PROBE, beat.worker_id)
        return beat.worker_id in self._to_drain

    @override
    async def ask_to_drain(self, worker_id: UUID) -> bool:
        is_there = worker_id in self._beats
        if is_there:
            self._to_drain.add(worker_id)
        return is_there

    @override
    async def listen(self, receive: Callable[[Wakeup], None]) -> None:
        await self._hints.listen(receive)

    def _add(self, specs: Sequence[JobSpec], now: datetime) -> list[UUID]:
        jobs = [self._table.add(spec, now) for spec in specs]
        self._hints.announce(jobs, now)
        return [job.id for job in jobs]


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _seconds_until(moment: datetime, now: datetime) -> float:
    return max((moment - now).total_seconds(), 0.0)
