"""What RETENTION would have pruned: an estimate from a bounded look, and the pruning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Count, Q

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.conf import current
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.models.clock import seconds_from_now

#: How many of the oldest jobs an estimate looks at.
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
    """What would go; ``is_whole`` tells that no job was left out of the look."""

    lines: Sequence[Prunable]
    is_whole: bool

    @property
    def total(self) -> int:
        """How many jobs would go, as far as was looked."""
        return sum(line.count for line in self.lines)


def estimate() -> Estimate:
    """Return what would go of the oldest jobs."""
    ages = retention()
    oldest = Job.objects.using(jobs_alias()).order_by("pk")
    ids = oldest.values_list("pk", flat=True)
    beyond = next(iter(ids[LOOK : LOOK + 1]), None)
    looked_at = oldest if beyond is None else oldest.filter(pk__lt=beyond)
    kept = {status: age for status, age in ages.items() if age is not None}
    counts = (
        looked_at.aggregate(
            **{
                status.value: Count(
                    "pk",
                    filter=Q(
                        status=status.value, finished_at__lte=seconds_from_now(-age)
                    ),
                )
                for status, age in kept.items()
            }
        )
        if kept
        else {}
    )
    lines = [
        Prunable(status=status, kept=age, count=counts.get(status.value, 0))
        for status, age in ages.items()
    ]
    return Estimate(lines=lines, is_whole=beyond is None)


def prune() -> int:
    """Delete what RETENTION keeps no longer, up to a limit; return how many jobs."""
    jobs = Job.objects.using(jobs_alias())
    count = 0
    for status, age in retention().items():
        if age is not None and count < PRUNE_LIMIT:
            count += jobs.purge(
                statuses=[status], older_than=age, limit=PRUNE_LIMIT - count
            )
    return count


def retention() -> Mapping[JobStatus, timedelta | None]:
    """Return how long ended jobs are kept, by status."""
    kept = current().retention
    return {status: kept[status] for status in sorted(FINAL)}
