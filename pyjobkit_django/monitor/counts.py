"""How many jobs there are of each status, counted no further than people want to know.

Ended jobs are counted among the newest ones alone, as a filter looks for them; unfinished
ones, which have indexes of their own, among all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connections
from django.db.models import Count as SqlCount

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.monitor.job_filter import JobFilter
from pyjobkit_django.monitor.windows import (
    INDEXED,
    QUEUED,
    RUNNING,
    SCHEDULED,
    WINDOW,
    Window,
    indexed,
    unfinished,
)

#: What is more is not told exactly.
CAP: Final = 10_000


@dataclass(frozen=True, slots=True)
class Count:
    """So many jobs, ``or_more`` where nobody looked further."""

    number: int
    or_more: bool = False

    @classmethod
    def capped(cls, number: int, *, or_more: bool = False) -> Count:
        """Return ``number``, or the cap where it is beyond."""
        return cls(min(number, CAP), or_more or number > CAP)


def status_counts(wanted: JobFilter) -> Mapping[JobStatus, Count]:
    """Return how many jobs of each status ``wanted`` admits, were it open in that."""
    others = replace(wanted, status=None, search="")
    jobs = Job.objects.using(jobs_alias())
    found = _in_window(others, jobs)
    if connections[jobs.db].features.supports_partial_indexes:
        ended = _in_window(others, indexed(JobFilter(status=INDEXED[0]), jobs))
        found |= {status: ended[status] for status in INDEXED}
    for status in (SCHEDULED, QUEUED, RUNNING):
        if (count := _unfinished(replace(others, status=status), jobs)) is not None:
            found[status] = count
    return found


def _in_window(others: JobFilter, rows: Any) -> dict[JobStatus, Count]:
    window = Window.below(None, rows)
    seen = others.apply(window.within(rows)).order_by().values("status")
    numbers = dict(seen.annotate(number=SqlCount("pk")).values_list("status", "number"))
    return {
        status: Count.capped(
            numbers.get(status.value, 0), or_more=window.oldest is not None
        )
        for status in JobStatus
    }


def _unfinished(wanted: JobFilter, jobs: Any) -> Count | None:
    number = 0
    is_alone = replace(wanted, status=None).is_open
    for rows, order in unfinished(wanted, jobs):
        found = rows.order_by(*order)
        if not is_alone and found.values("pk")[WINDOW : WINDOW + 1]:
            return None
        number += wanted.apply(found)[: CAP + 1].count()
    return Count.capped(number)
