"""Why jobs failed lately, those alike together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections
from django.db.models import Q

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.models.columns import status_is
from pyjobkit_django.monitor.windows import Window

#: How many failed jobs are looked at, the newest first.
LOOK: Final = 200
_FIELDS: Final = ("pk", "kind", "status", "failure", "finished_at")
#: What differs between errors that are alike: numbers and ids.
_PARTICULAR: Final = re.compile(r"\b[0-9a-f]{8}[0-9a-f-]*\b|\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Jobs of a kind that failed alike; what is told is the newest one's."""

    kind: str
    status: JobStatus
    count: int
    name: str
    message: str
    newest: UUID
    finished_at: datetime | None


def recent_failures() -> Sequence[Failures]:
    """Return the newest failed jobs by kind and error, the most frequent first."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for job in _newest():
        failure = job["failure"] or {}
        alike = _PARTICULAR.sub("#", _message_of(failure))
        groups.setdefault((job["kind"], _name_of(failure), alike), []).append(job)
    found = [_told(jobs) for jobs in groups.values()]
    return sorted(found, key=lambda each: (-each.count, each.newest.int * -1))


def _newest() -> Any:
    alias = jobs_alias()
    jobs = Job.objects.using(alias)
    failed = jobs.filter(status_is(JobStatus.FAILED) | Q(status_is(JobStatus.TIMEOUT)))
    if not connections[alias].features.supports_partial_indexes:
        # Without an index of failed jobs, only among the newest of all.
        failed = Window.below(None, jobs).within(failed)
    return failed.order_by("-pk").values(*_FIELDS)[:LOOK]


def _told(jobs: Sequence[Mapping[str, Any]]) -> Failures:
    newest = jobs[0]
    failure = newest["failure"] or {}
    return Failures(
        kind=newest["kind"],
        status=JobStatus(newest["status"]),
        count=len(jobs),
        name=_name_of(failure),
        message=_message_of(failure),
        newest=newest["pk"],
        finished_at=newest["finished_at"],
    )


def _name_of(failure: Mapping[str, Any]) -> str:
    return str(failure.get("exception_type") or failure.get("reason") or "")


def _message_of(failure: Mapping[str, Any]) -> str:
    told = failure.get("message") or failure.get("error") or ""
    return str(told).partition("\n")[0]
