"""What there is to see of a job at one moment."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from pyjobkit_django import get_job
from pyjobkit_django.backends.orm.log_sink import read_log
from pyjobkit_django.contracts import JobRecord
from pyjobkit_django.models import Job

type Views = Mapping[str, JobView]


@dataclass(frozen=True, slots=True)
class Part:
    """A job of the demo and how it is to end, after how many attempts.

    ``followers`` are the names of the jobs that its end creates, one after the other.
    """

    name: str
    job_id: UUID
    followers: tuple[str, ...] = ()
    status: str = "success"
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job's record with the lines of its log, as of ``now`` (seconds of the epoch)."""

    name: str
    job: JobRecord
    lines: tuple[str, ...]
    now: float

    @classmethod
    def of(cls, name: str, job_id: UUID) -> Self:
        """Look at a job."""
        job = get_job(job_id)
        lines = tuple(record.message for record in read_log(job_id))
        return cls(name=name, job=job, lines=lines, now=time.time())

    @property
    def kind(self) -> str:
        """Which executor runs it."""
        return self.job["kind"]

    @property
    def status(self) -> str:
        """Where the job stands."""
        return self.job["status"].value

    @property
    def attempts(self) -> str:
        """How many of its attempts it has begun, as ``1/3``."""
        return f"{self.job['attempts']}/{self.job['max_attempts']}"

    @property
    def progress(self) -> float | None:
        """How far it is, 0.0 to 1.0; None where it never told."""
        return self.job.get("progress")

    @property
    def last_word(self) -> str:
        """The last line of its log; of a job that did not succeed, why it did not."""
        if self.status == "cancelled":
            return f"stopped at {self.progress or 0:.0%}"
        if self.status in ("failed", "timeout"):
            return str(self.result.get("message") or self.result.get("error") or "")
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
        """What it returned, or why it did not."""
        return self.job["result"] or {}


def look(parts: Iterable[Part]) -> dict[str, JobView]:
    """Look at jobs and at what has followed from them, by name."""
    return {view.name: view for part in parts for view in _line(part)}


def _line(part: Part) -> Iterator[JobView]:
    job_id: UUID | None = part.job_id
    for name in (part.name, *part.followers):
        if job_id is None:
            return
        yield JobView.of(name, job_id)
        job_id = Job.objects.filter(parent=job_id).values_list("id", flat=True).first()
