"""Jobs of every status, with whatever may belong to one."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from pyjobkit_django.contracts import WorkerBeat
from pyjobkit_django.jobs import ClaimedJob, JobStatus
from pyjobkit_django.models import Job, JobLog, WorkerRecord
from pyjobkit_django.outcomes import Failure, Outcome
from tests.stored_jobs import queued, running

IN_2100 = datetime(2100, 1, 1, tzinfo=UTC)
BROKEN = Failure(
    error="ValueError('broken')",
    exception_type="ValueError",
    message="broken",
    traceback="Traceback (most recent call last):\n  ValueError: broken",
)


def job_of(status: JobStatus | str, **fields: Any) -> UUID:
    """Store a job and bring it to ``status``."""
    if status == JobStatus.SCHEDULED:
        return queued(scheduled_for=IN_2100, **fields)[0]
    if status == JobStatus.QUEUED:
        return queued(**fields)[0]
    # Ahead of what other jobs wait.
    (job,) = running(**{"priority": -1_000, **fields})
    if status != JobStatus.RUNNING:
        Job.objects.settle([_end(job, JobStatus(status))])
    return job.id


def one_of_each(**fields: Any) -> dict[JobStatus, UUID]:
    return {status: job_of(status, **fields) for status in JobStatus}


def status_of(job_id: UUID) -> str | None:
    """Return the status of a job, None where it is gone."""
    return Job.objects.filter(pk=job_id).values_list("status", flat=True).first()


def log(job_id: UUID, *lines: str, version: int = 1, seq: int = 1) -> None:
    """Store lines of one run."""
    stored = [[time.time(), "stdout", line] for line in lines]
    JobLog.objects.create(job_id=job_id, version=version, seq=seq, lines=stored)


def worker(**fields: Any) -> WorkerRecord:
    """Store the record of a worker that was just heard of."""
    beat = {
        "worker_id": uuid4(),
        "host": "host",
        "pid": 7,
        "state": "running",
        "max_concurrency": 8,
        "busy": 2,
        "done": 5,
        "kinds": ("k",),
        "queues": ("default",),
        **fields,
    }
    WorkerRecord.objects.beat(WorkerBeat(**beat))
    return WorkerRecord.objects.get(pk=beat["worker_id"])


def _end(job: ClaimedJob, status: JobStatus) -> Outcome:
    return {
        JobStatus.SUCCESS: Outcome.success(job, {"rows": 3}),
        JobStatus.FAILED: Outcome.failed(job, BROKEN),
        JobStatus.TIMEOUT: Outcome.timeout(job),
        JobStatus.CANCELLED: Outcome.cancelled(job),
    }[status]
