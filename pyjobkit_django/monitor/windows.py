"""How far a search looks: the newest jobs, as many as a person may have to wait for.

Nothing but ids is indexed for reading (every further index would slow down the workers), so
a filter looks at a window of ids, and a person may ask for the next one. Unfinished jobs are
few as a rule and have indexes of their own: where they fit into a window, all are gathered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

from django.db import connections
from django.db.models import Q

from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models.columns import status_is
from pyjobkit_django.monitor.job_filter import JobFilter

#: How many jobs a search looks at before it asks whether to go on.
WINDOW: Final = 20_000

SCHEDULED, QUEUED, RUNNING = JobStatus.SCHEDULED, JobStatus.QUEUED, JobStatus.RUNNING
#: The statuses that have an index by id where there are partial indexes.
INDEXED: Final = (JobStatus.FAILED, JobStatus.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Window:
    """The jobs from ``newest`` (itself left out; None begins at the top) to ``oldest``.

    ``oldest`` of None means that there are no more beyond.
    """

    newest: UUID | None
    oldest: UUID | None

    @classmethod
    def below(cls, newest: UUID | None, jobs: Any) -> Self:
        """Return the window of ``jobs`` that begins below ``newest``."""
        below = jobs if newest is None else jobs.filter(pk__lt=newest)
        ids = below.order_by("-pk").values_list("pk", flat=True)
        return cls(newest, next(iter(ids[WINDOW - 1 : WINDOW]), None))

    @property
    def since(self) -> datetime | None:
        """When its oldest job was made."""
        return None if self.oldest is None else made_at(self.oldest)

    def within(self, jobs: Any) -> Any:
        """Return those of ``jobs`` that are in it."""
        if self.newest is not None:
            jobs = jobs.filter(pk__lt=self.newest)
        return jobs if self.oldest is None else jobs.filter(pk__gte=self.oldest)


def window_of(wanted: JobFilter, jobs: Any, newest: UUID | None) -> Window:
    """Return how far a search for ``wanted`` looks below ``newest``."""
    if wanted.is_open:
        return Window(None, None)
    return Window.below(newest, indexed(wanted, jobs))


def indexed(wanted: JobFilter, jobs: Any) -> Any:
    """Return the jobs of the index by id that serves ``wanted`` best."""
    partial = connections[jobs.db].features.supports_partial_indexes
    if partial and wanted.status in INDEXED:
        failed, timeout = map(status_is, INDEXED)
        return jobs.filter(Q(failed) | Q(timeout))
    return jobs


def gathered(wanted: JobFilter, jobs: Any) -> list[UUID] | None:
    """Return the ids of the unfinished jobs that are wanted, the newest first.

    None where they are not unfinished ones, or too many for one look.
    """
    if wanted.worker is None and wanted.status not in (SCHEDULED, QUEUED, RUNNING):
        return None
    ids: list[UUID] = []
    for rows, order in unfinished(wanted, jobs):
        if rows.order_by(*order).values("pk")[WINDOW : WINDOW + 1]:
            return None
        ids += wanted.apply(rows).values_list("pk", flat=True)
    return sorted(ids, reverse=True)


def made_at(job_id: UUID) -> datetime:
    """Return when a job of this id was made, by the clock of the host that made it."""
    return datetime.fromtimestamp((job_id.int >> 80) / 1000, UTC)


def unfinished(wanted: JobFilter, jobs: Any) -> Iterator[tuple[Any, list[str]]]:
    """Yield the rows of each index that may hold what is wanted, with its order."""
    if wanted.status is SCHEDULED:
        yield jobs.filter(status_is(SCHEDULED)), ["scheduled_for"]
        return
    if wanted.status is QUEUED:
        claimable = jobs.filter(status_is(QUEUED), lease_until__isnull=True)
        by_claim = ["lost_runs", "queue", "kind", "priority", "scheduled_for", "id"]
        yield claimable, by_claim
    partial = connections[jobs.db].features.supports_partial_indexes
    leased = jobs.filter(lease_until__isnull=False)
    yield leased, ["pk" if partial else "lease_until"]
