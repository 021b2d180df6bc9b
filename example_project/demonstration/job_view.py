"""What there is to see of a job at one moment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from pyjobkit_django import get_job
from pyjobkit_django.backends.orm.log_sink import read_log
from pyjobkit_django.contracts import JobRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job's record with the lines of its log, as of ``now`` (seconds of the epoch)."""

    job: JobRecord
    lines: tuple[str, ...]
    now: float

    @classmethod
    def of(cls, job_id: UUID) -> Self:
        """Look at a job."""
        job = get_job(job_id)
        lines = tuple(record.message for record in read_log(job_id))
        return cls(job=job, lines=lines, now=time.time())

    @property
    def name(self) -> str:
        """What the report is called."""
        return str(self.job["payload"]["name"])

    @property
    def status(self) -> str:
        """Where the job stands."""
        return self.job["status"].value

    @property
    def attempts(self) -> str:
        """How many of its attempts it has begun, as ``1/3``."""
        return f"{self.job['attempts']}/{self.job['max_attempts']}"

    @property
    def progress(self) -> float:
        """How far it is, 0.0 to 1.0."""
        return self.job.get("progress") or 0.0

    @property
    def last_line(self) -> str:
        """The last line of its log."""
        return self.lines[-1] if self.lines else ""

    @property
    def wait_s(self) -> float | None:
        """In how many seconds it is due; None where it does not wait for a time."""
        if self.status != "scheduled":
            return None
        return max(0.0, self.job["scheduled_for"].timestamp() - self.now)

    @property
    def duration_s(self) -> float | None:
        """How long its last run took, in seconds."""
        started, finished = self.job["started_at"], self.job["finished_at"]
        if started is None or finished is None:
            return None
        return (finished - started).total_seconds()

    @property
    def result(self) -> dict[str, Any]:
        """What the report came to, or why there is none."""
        return self.job["result"] or {}


def look(job_ids: Sequence[UUID]) -> list[JobView]:
    """Look at jobs."""
    return [JobView.of(job_id) for job_id in job_ids]
