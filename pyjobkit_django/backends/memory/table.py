"""The jobs in memory, with the indexes that find them: keys, lanes, leases, attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from pyjobkit_django.backends.memory.job import AttemptRecord, StoredJob, copied
from pyjobkit_django.backends.memory.lanes import Lanes, in_claim_order, in_due_order
from pyjobkit_django.contracts import ClaimRequest
from pyjobkit_django.jobs import FINAL, MOVES, JobSpec, JobStatus, Verb
from pyjobkit_django.outcomes import CANCELLED, LEASE_EXPIRED, Failure, Outcome


class MemoryTable:
    """Keeps each job in exactly the indexes that its status asks for."""

    def __init__(self) -> None:
        self.jobs: dict[UUID, StoredJob] = {}
        self.held: dict[UUID, StoredJob] = {}
        self.queued = Lanes(in_claim_order)
        self.scheduled = Lanes(in_due_order)
        self.attempts: defaultdict[UUID, list[AttemptRecord]] = defaultdict(list)
        self._by_idempotency_key: dict[str, StoredJob] = {}
        self._by_unique_key: dict[str, StoredJob] = {}

    def add(self, spec: JobSpec, now: datetime) -> StoredJob:
        """Return a new job, or the one that has its id or holds one of its keys."""
        holder = (
            self.jobs.get(spec.id)
            or self._by_idempotency_key.get(spec.idempotency_key or "")
            or self._by_unique_key.get(spec.unique_key or "")
        )
        return holder or self._insert(spec, now)

    def in_move(self, job_id: UUID, verb: Verb, version: int) -> StoredJob | None:
        """Return the job if it is at that version and the verb may move it."""
        job = self.jobs.get(job_id)
        if job and job.version == version and job.status in MOVES[verb].sources:
            return job
        return None

    def lease(
        self, request: ClaimRequest, verb: Verb, until: datetime
    ) -> list[StoredJob]:
        """Hold the next queued jobs for the worker that asks."""
        jobs = self.queued.take(request)
        for job in jobs:
            self._hold(job, request.worker_id, verb, until)
        return jobs

    def lease_job(self, job: StoredJob, worker_id: UUID, until: datetime) -> bool:
        """Hold this job for a worker, to start at once; False where it is not queued."""
        if not job.turn or job.status is not JobStatus.QUEUED:
            return False
        self.queued.remove(job)
        self._hold(job, worker_id, Verb.CLAIM, until)
        return True

    def let_go(self, job: StoredJob) -> None:
        """Take a job out of its lane or from the worker that holds it."""
        if job.turn:
            lanes = self.scheduled if job.status is JobStatus.SCHEDULED else self.queued
            lanes.remove(job)
        self.held.pop(job.id, None)
        job.leased_by = job.lease_until = None

    def line_up(self, job: StoredJob, status: JobStatus, due: datetime) -> None:
        """Let a job wait, queued or scheduled."""
        job.status = status
        job.scheduled_for = due
        (self.scheduled if status is JobStatus.SCHEDULED else self.queued).add(job)

    def end(
        self, job: StoredJob, status: JobStatus, now: datetime, failure: Failure | None
    ) -> None:
        """End a job and free its unique key."""
        job.status = status
        job.finished_at = now
        job.failure = failure
        if job.unique_key:
            del self._by_unique_key[job.unique_key]
            job.unique_key = None

    def settle(self, outcome: Outcome, now: datetime) -> bool:
        """Move a running job as its run ended; False where the outcome is stale."""
        job = self.in_move(outcome.job_id, outcome.verb, outcome.version)
        if job is None:
            return False
        if outcome.failure:
            self.attempts[job.id].append(job.attempt(outcome.failure, now))
        self.let_go(job)
        job.count(outcome.verb)
        if outcome.verb is Verb.FINISH:
            job.result = copied(outcome.result)
            self.end(job, outcome.status, now, outcome.failure)
        elif job.cancel_requested:
            self.end(job, JobStatus.CANCELLED, now, CANCELLED)
        else:
            self.line_up(job, outcome.status, now + timedelta(seconds=outcome.delay_s))
        return True

    def reap(self, job: StoredJob, now: datetime) -> None:
        """Take a job back from the worker that holds it."""
        started = job.status is JobStatus.RUNNING
        if started:
            self.attempts[job.id].append(job.attempt(LEASE_EXPIRED, now))
            job.lose_run()
        self.let_go(job)
        job.count(Verb.REAP_RUNNING if started else Verb.REAP_UNSTARTED)
        if job.cancel_requested:
            self.end(job, JobStatus.CANCELLED, now, CANCELLED)
        elif started and job.attempts >= job.max_attempts:
            self.end(job, JobStatus.FAILED, now, LEASE_EXPIRED)
        else:
            self.line_up(job, JobStatus.QUEUED, job.scheduled_for)

    def ended(
        self, statuses: Collection[JobStatus], before: datetime
    ) -> list[StoredJob]:
        """Return the jobs of these statuses that ended by then."""
        return [
            job
            for job in self.jobs.values()
            if job.status in FINAL
            and job.status in statuses
            and job.finished_at is not None
            and job.finished_at <= before
        ]

    def delete(self, job: StoredJob) -> None:
        """Forget an ended job, with its attempts and its idempotency key."""
        del self.jobs[job.id]
        self.attempts.pop(job.id, None)
        if job.spec.idempotency_key:
            del self._by_idempotency_key[job.spec.idempotency_key]

    def _hold(
        self, job: StoredJob, worker_id: UUID, verb: Verb, until: datetime
    ) -> None:
        job.count(verb)
        job.leased_by = worker_id
        job.lease_until = until
        self.held[job.id] = job

    def _insert(self, spec: JobSpec, now: datetime) -> StoredJob:
        job = self.jobs[spec.id] = StoredJob.of(spec, now)
        if spec.idempotency_key:
            self._by_idempotency_key[spec.idempotency_key] = job
        if spec.unique_key:
            self._by_unique_key[spec.unique_key] = job
        self.line_up(job, job.status, job.scheduled_for)
        return job
