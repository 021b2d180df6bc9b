"""cancel, requeue, run now, delete and prune: what people do to jobs, and looking at them."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction
from django.db.models.functions import Greatest

from pyjobkit_django.errors import JobNotFoundError
from pyjobkit_django.ids import first_job_id_at
from pyjobkit_django.jobs import FINAL, JobStatus, Verb
from pyjobkit_django.models.clock import DatabaseNow, seconds_from_now
from pyjobkit_django.models.columns import status_is
from pyjobkit_django.models.history import JobAttempt, JobLog
from pyjobkit_django.models.job_verbs.moving import Moving, in_batches
from pyjobkit_django.outcomes import CANCELLED

#: How often a cancel follows a job that moves under its hands.
CANCEL_TRIES: Final = 10
#: How many jobs one transaction deletes.
PURGE_BATCH: Final = 1_000
#: How far the clocks of enqueueing hosts may be apart for prune to see a job in time.
CLOCK_SPREAD_S: Final = 3_600.0

_AFRESH: Final[dict[str, Any]] = {
    "result": None,
    "failure": None,
    "progress": None,
    "progress_meta": None,
    "started_at": None,
    "finished_at": None,
    "cancel_requested": False,
}


class Operating(Moving):
    """What operators, and the callers of a job, do to it."""

    def fetch(self, job_id: UUID) -> Any:
        """Return the job, or raise JobNotFoundError."""
        job = self.filter(pk=job_id).first()
        if job is None:
            raise JobNotFoundError(job_id)
        return job

    def depth(self) -> int:
        """Return how many jobs are queued."""
        return self.filter(status_is(JobStatus.QUEUED)).count()

    def cancel(self, job_id: UUID) -> bool:
        """Cancel a waiting job, ask a running one to stop, leave an ended one alone.

        Returns whether a running job was asked.
        """
        job = self.filter(pk=job_id)
        for _ in range(CANCEL_TRIES):
            waiting = job.movable(Verb.CANCEL)
            if waiting.end(
                Verb.CANCEL, JobStatus.CANCELLED, failure=CANCELLED.as_json()
            ):
                return False
            running = job.movable(Verb.REQUEST_CANCEL)
            if running.update(cancel_requested=True):
                return True
            if self.fetch(job_id).status in FINAL:
                return False
        raise RuntimeError(f"job {job_id} kept moving; cancel it again")

    def requeue(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        """Queue ended jobs again, with at least one attempt left; return which."""
        one_left = Greatest("max_attempts", models.F("attempts") + 1)
        return self._queue(job_ids, Verb.REQUEUE, max_attempts=one_left, **_AFRESH)

    def run_now(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        """Queue scheduled jobs before their time; return which."""
        return self._queue(job_ids, Verb.RUN_NOW)

    def erase(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        """Delete ended jobs with all that belongs to them; return which."""
        gone: set[UUID] = set()
        for ids in in_batches(job_ids):
            ended = self.filter(pk__in=ids, status__in=[each.value for each in FINAL])
            gone.update(self._delete_first(ended, wait=True))
        return frozenset(gone)

    def purgeable(
        self, *, statuses: Collection[JobStatus], older_than: timedelta
    ) -> Any:
        """Return the jobs that ended ``older_than`` ago or earlier, by primary key."""
        # An id tells when its job was created, and that was before it ended.
        youngest = first_job_id_at(
            time.time() + CLOCK_SPREAD_S - older_than.total_seconds()
        )
        return self.filter(
            pk__lt=youngest,
            status__in=[status.value for status in statuses if status in FINAL],
            finished_at__lte=seconds_from_now(-older_than),
        ).order_by("pk")

    def purge(
        self,
        *,
        statuses: Collection[JobStatus],
        older_than: timedelta,
        limit: float = math.inf,
    ) -> int:
        """Delete what is purgeable with all that belongs to it; return how many jobs.

        It stops after the batch that reaches ``limit``.
        """
        count = 0
        rest = self.purgeable(statuses=statuses, older_than=older_than)
        while count < limit and (ids := self._delete_first(rest)):
            count += len(ids)
            rest = rest.filter(pk__gt=ids[-1])
        return count

    def _queue(
        self, job_ids: Collection[UUID], verb: Verb, **values: Any
    ) -> frozenset[UUID]:
        moved: set[UUID] = set()
        for ids in in_batches(job_ids):
            with transaction.atomic(using=self.db):
                rows = self.filter(pk__in=ids).movable(verb).locked(wait=True)
                found = list(rows.values_list("pk", flat=True))
                self.filter(pk__in=found).move(
                    verb, JobStatus.QUEUED, scheduled_for=DatabaseNow(), **values
                )
            moved.update(found)
        return frozenset(moved)

    def _delete_first(self, rows: Any, *, wait: bool = False) -> list[UUID]:
        with transaction.atomic(using=self.db):
            locked = rows.locked(wait=wait)
            ids = list(locked.values_list("pk", flat=True)[:PURGE_BATCH])
            # Children first: nothing in the database ties them to their job.
            JobLog.objects.using(self.db).filter(job_id__in=ids).delete()
            JobAttempt.objects.using(self.db).filter(job_id__in=ids).delete()
            self.filter(pk__in=ids).delete()
            return ids
