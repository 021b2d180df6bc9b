"""What waits and what runs now: counted along an index, up to a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import connections
from django.db.models import Count, Max, Min

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.conf import current
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import DatabaseNow, Job
from pyjobkit_django.models.columns import status_is

#: Beyond so many jobs nothing is counted.
CAP: Final = 10_000


@dataclass(frozen=True, slots=True)
class Capped:
    """A count, or where counting stopped."""

    count: int

    @property
    def is_capped(self) -> bool:
        """Whether there are more."""
        return self.count > CAP

    @property
    def shown(self) -> int:
        """The count, up to the limit."""
        return min(self.count, CAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """How many jobs of a queue are due, and since when the oldest of those counted is."""

    queue: str
    depth: Capped
    oldest: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The queues, and how many jobs run or are put off."""

    queues: Sequence[QueueDepth]
    running: Capped
    scheduled: Capped

    @property
    def waiting(self) -> Capped:
        """How many jobs are due in all queues."""
        return Capped(sum(each.depth.count for each in self.queues))

    @property
    def oldest(self) -> timedelta | None:
        """For how long the oldest of them has been due."""
        return max((each.oldest for each in self.queues if each.oldest), default=None)


def backlog() -> Backlog:
    """Return what waits and what runs; two queries, and one for each queue."""
    alias = jobs_alias()
    jobs = Job.objects.using(alias)
    partial = connections[alias].features.supports_partial_indexes
    leased = jobs.filter(lease_until__isnull=False)
    scheduled = jobs.filter(status_is(JobStatus.SCHEDULED))
    return Backlog(
        queues=[_depth(jobs, queue) for queue in current().queues],
        running=_capped(leased, "pk" if partial else "lease_until"),
        scheduled=_capped(scheduled, "scheduled_for"),
    )


def _depth(jobs: Any, queue: str) -> QueueDepth:
    claimable = jobs.filter(
        status_is(JobStatus.QUEUED), queue=queue, lease_until__isnull=True
    )
    ordered = claimable.order_by("lost_runs", "kind", "priority", "scheduled_for", "id")
    # Only what the index holds: the rows themselves need not be read.
    found = ordered.values("pk", "scheduled_for")[: CAP + 1].aggregate(
        depth=Count("pk"), oldest=Min("scheduled_for"), now=Max(DatabaseNow())
    )
    oldest = found["now"] - found["oldest"] if found["depth"] else None
    return QueueDepth(queue=queue, depth=Capped(found["depth"]), oldest=oldest)


def _capped(jobs: Any, order: str) -> Capped:
    return Capped(jobs.order_by(order)[: CAP + 1].count())
