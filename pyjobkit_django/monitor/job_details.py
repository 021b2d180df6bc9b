"""All that a page shows of one job, read in a fixed number of looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.ids import first_job_id_at
from pyjobkit_django.models import DatabaseNow, Job, JobAttempt

#: The most attempts and children that a job's page shows.
MAX_ATTEMPTS: Final = 20
MAX_CHILDREN: Final = 20
#: How many of the jobs that were made after a job ended are looked at for its children.
LOOK_FOR_CHILDREN: Final = 5_000
#: How far the clocks of two hosts may be apart for a child to be found.
CLOCK_SPREAD: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When a job was made, due, started and ended, and how long it waited and ran.

    ``ran`` counts on while it runs; both spans are None where they have not begun.
    """

    created: datetime
    due: datetime
    started: datetime | None
    finished: datetime | None
    waited: timedelta | None
    ran: timedelta | None

    @classmethod
    def of(cls, job: Any) -> Timeline:
        """Return the timeline of a job that has ``now``, the database's time."""
        zero = timedelta(0)
        until = job.finished_at or job.now
        first = job.started_at or until
        ran = None if job.started_at is None else max(zero, until - job.started_at)
        return cls(
            created=job.created_at,
            due=job.scheduled_for,
            started=job.started_at,
            finished=job.finished_at,
            waited=None if first < job.scheduled_for else first - job.scheduled_for,
            ran=ran,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetails:
    """A job with ``now``, the database's time, and what belongs to it.

    ``attempts`` are the last ones, the newest first; ``children`` the jobs that its end
    enqueued: a chain's next step and webhooks.
    """

    job: Any
    timeline: Timeline
    attempts: Sequence[JobAttempt]
    has_more_attempts: bool
    parent: Any
    children: Sequence[Any]


#: What of a job changes while it waits and runs; payloads and results may be large.
CHANGING: Final = (
    *("id", "kind", "status", "version", "attempts", "max_attempts", "lost_runs"),
    *("progress", "progress_meta", "created_at", "scheduled_for", "started_at"),
    *("finished_at", "lease_until", "cancel_requested"),
)


def job_in_brief(job_id: UUID) -> Any:
    """Return what changes of a job, with ``now``; None where there is no such job."""
    jobs = Job.objects.using(jobs_alias()).only(*CHANGING).annotate(now=DatabaseNow())
    return jobs.filter(pk=job_id).first()


def job_details(job_id: UUID) -> JobDetails | None:
    """Return the job and what belongs to it; None where there is no such job."""
    jobs = Job.objects.using(jobs_alias()).annotate(now=DatabaseNow())
    job = jobs.filter(pk=job_id).first()
    if job is None:
        return None
    attempts = JobAttempt.objects.using(jobs.db).filter(job_id=job_id)
    newest = list(attempts.order_by("-version")[: MAX_ATTEMPTS + 1])
    return JobDetails(
        job=job,
        timeline=Timeline.of(job),
        attempts=newest[:MAX_ATTEMPTS],
        has_more_attempts=len(newest) > MAX_ATTEMPTS,
        parent=_briefly(jobs).filter(pk=job.parent).first() if job.parent else None,
        children=_children(job, jobs),
    )


def _children(job: Any, jobs: Any) -> list[Any]:
    if job.finished_at is None:
        return []
    # No index knows parents; children are made when their parent ends.
    first = first_job_id_at((job.finished_at - CLOCK_SPREAD).timestamp())
    made_since = jobs.filter(pk__gt=max(first, job.pk)).order_by("pk")
    ids = made_since.values_list("pk", flat=True)
    last = next(iter(ids[LOOK_FOR_CHILDREN - 1 : LOOK_FOR_CHILDREN]), None)
    near = made_since if last is None else made_since.filter(pk__lte=last)
    return list(_briefly(near.filter(parent=job.pk))[:MAX_CHILDREN])


def _briefly(jobs: Any) -> Any:
    return jobs.only("id", "kind", "status")
