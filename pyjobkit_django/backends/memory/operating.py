"""What operators do to jobs in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import ClassVar, override
from uuid import UUID

from pyjobkit_django.backends.bulk import BulkBackend
from pyjobkit_django.backends.memory.hints import Hints
from pyjobkit_django.backends.memory.job import StoredJob
from pyjobkit_django.backends.memory.table import MemoryTable
from pyjobkit_django.contracts import WakeupKind
from pyjobkit_django.errors import JobNotFoundError
from pyjobkit_django.jobs import FINAL, MOVES, JobStatus, Verb
from pyjobkit_django.outcomes import CANCELLED


class MemoryOperating(BulkBackend):
    """The operators' verbs of MemoryBackend, on its table, its clock and its hints."""

    supports_operating: ClassVar[bool] = True

    _table: MemoryTable
    _hints: Hints
    _now: Callable[[], datetime]

    @override
    async def cancel(self, job_id: UUID) -> None:
        job = self._job(job_id)
        if job.status in MOVES[Verb.REQUEST_CANCEL].sources:
            job.cancel_requested = True
            self._hints.send(WakeupKind.CANCEL, job_id)
        elif job.status in MOVES[Verb.CANCEL].sources:
            self._table.let_go(job)
            job.count(Verb.CANCEL)
            self._table.end(job, JobStatus.CANCELLED, self._now(), CANCELLED)

    @override
    async def requeue(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        ended = self._of(job_ids, MOVES[Verb.REQUEUE].sources)
        for job in ended:
            job.start_over()
        return self._queue(ended, Verb.REQUEUE)

    @override
    async def run_now(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        waiting = self._of(job_ids, MOVES[Verb.RUN_NOW].sources)
        for job in waiting:
            self._table.let_go(job)
        return self._queue(waiting, Verb.RUN_NOW)

    @override
    async def delete(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        ended = self._of(job_ids, FINAL)
        for job in ended:
            self._table.delete(job)
        return frozenset(job.id for job in ended)

    @override
    async def purge_finished(
        self,
        *,
        older_than: timedelta | None = None,
        statuses: Collection[JobStatus] = tuple(FINAL),
    ) -> int:
        jobs = self._table.ended(statuses, self._now() - (older_than or timedelta()))
        for job in jobs:
            self._table.delete(job)
        return len(jobs)

    def _job(self, job_id: UUID) -> StoredJob:
        try:
            return self._table.jobs[job_id]
        except KeyError:
            raise JobNotFoundError(job_id) from None

    def _of(
        self, job_ids: Collection[UUID], statuses: Collection[JobStatus]
    ) -> list[StoredJob]:
        found = [self._table.jobs.get(job_id) for job_id in sorted(set(job_ids))]
        return [job for job in found if job and job.status in statuses]

    def _queue(self, jobs: Collection[StoredJob], verb: Verb) -> frozenset[UUID]:
        now = self._now()
        for job in jobs:
            job.count(verb)
            self._table.line_up(job, JobStatus.QUEUED, now)
        self._hints.announce(jobs, now)
        return frozenset(job.id for job in jobs)
