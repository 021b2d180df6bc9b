"""What RETENTION keeps no longer: an estimate from a bounded look, and the pruning of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.conf import current
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.models import Job, JobCounter
from pyjobkit_django.models.clock import seconds_from_now

#: How many jobs one estimate, or one pruning, looks at, the oldest first.
LOOK: Final = 100_000
#: After how many jobs pruning from a page stops; there may be more.
PRUNE_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prunable:
    """How many jobs of a status are older than they are kept; ``kept`` None is for ever."""

    status: JobStatus
    kept: timedelta | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What would go of the jobs looked at; ``beyond`` is the first one not looked at."""

    lines: Sequence[Prunable]
    beyond: UUID | None

    @property
    def total(self) -> int:
        """How many jobs would go."""
        return sum(line.count for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many jobs went; ``following`` is where to go on, None where all is done."""

    count: int
    following: UUID | None


def estimate(start: UUID | None = None) -> Estimate:
    """Return what would go of the oldest jobs, or of those from ``start`` on."""
    jobs, beyond = _looked_at(start)
    kept = {status: age for status, age in retention().items() if age is not None}
    expired = {
        status.value: Count(
            "pk",
            filter=Q(status=status.value, finished_at__lte=seconds_from_now(-age)),
        )
        for status, age in kept.items()
    }
    counts = jobs.aggregate(**expired) if expired else {}
    lines = [
        Prunable(status=status, kept=age, count=counts.get(status.value, 0))
        for status, age in retention().items()
    ]
    return Estimate(lines=lines, beyond=beyond)


def prune(start: UUID | None = None) -> Pruned:
    """Delete what an estimate from there counts, up to a limit."""
    forget_counters(jobs_alias())
    jobs, beyond = _looked_at(start)
    count = 0
    for status, age in retention().items():
        if age is not None and count < PRUNE_LIMIT:
            left = PRUNE_LIMIT - count
            count += jobs.purge(statuses=[status], older_than=age, limit=left)
    if count >= PRUNE_LIMIT:
        first = jobs.order_by("pk").values_list("pk", flat=True).first()
        return Pruned(count=count, following=first or beyond)
    return Pruned(count=count, following=beyond)


def retention() -> Mapping[JobStatus, timedelta | None]:
    """Return how long ended jobs are kept, by status."""
    kept = current().retention
    return {status: kept[status] for status in sorted(FINAL)}


def forget_counters(alias: str) -> None:
    """Delete the counters that are older than any ended job is kept."""
    kept = [age for age in current().retention.values() if age is not None]
    if len(kept) == len(FINAL):
        JobCounter.objects.using(alias).forget(max(kept))


def _looked_at(start: UUID | None) -> tuple[Any, UUID | None]:
    jobs = Job.objects.using(jobs_alias())
    if start is not None:
        jobs = jobs.filter(pk__gte=start)
    ids = jobs.order_by("pk").values_list("pk", flat=True)
    beyond = next(iter(ids[LOOK : LOOK + 1]), None)
    return (jobs if beyond is None else jobs.filter(pk__lt=beyond)), beyond
