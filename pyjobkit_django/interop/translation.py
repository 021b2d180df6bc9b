"""Values on their way between pyjobkit and us."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from pyjobkit_django.contracts import JobRecord
from pyjobkit_django.interop.holds import Hold
from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.outcomes import CANCELLED, Outcome


def as_they_tell(record: JobRecord) -> dict[str, Any]:
    """Return a record with pyjobkit's statuses: what is scheduled is queued there."""
    scheduled = record["status"] is JobStatus.SCHEDULED
    status = JobStatus.QUEUED if scheduled else record["status"]
    return {**record, "status": status.value}


def as_we_tell(record: dict[str, Any]) -> JobRecord:
    """Return a record of pyjobkit's with our statuses."""
    return cast("JobRecord", {**record, "status": JobStatus(record["status"])})


def cancelled(record: JobRecord) -> Outcome:
    """Return the end of a run that was asked to stop, at the version of its record."""
    return Outcome(
        job_id=record["id"],
        version=record["version"],
        verb=Verb.FINISH,
        status=JobStatus.CANCELLED,
        failure=CANCELLED,
    )


def released(job_id: UUID, hold: Hold, delay_s: float) -> Outcome:
    """Return the end of a hold on a job that the worker never began."""
    return Outcome(
        job_id=job_id,
        version=hold.version,
        verb=Verb.RELEASE,
        status=JobStatus.SCHEDULED if delay_s > 0 else JobStatus.QUEUED,
        delay_s=delay_s,
    )
