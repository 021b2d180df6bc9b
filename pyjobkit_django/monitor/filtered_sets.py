"""All jobs that a filter admits, found in bites, however many they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.monitor.job_filter import JobFilter
from pyjobkit_django.monitor.windows import (
    QUEUED,
    RUNNING,
    SCHEDULED,
    Window,
    indexed,
    unfinished,
)

#: How many jobs one bite has at the most.
BITE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredSet:
    """The jobs that ``wanted`` admits, from ``oldest`` to ``newest``, of some statuses.

    ``wanted`` has no search; its age, which would move on, is in ``oldest``.
    """

    wanted: JobFilter
    newest: UUID
    oldest: UUID | None
    sources: frozenset[JobStatus]

    def of(self, rows: Any) -> Any:
        """Return those of ``rows`` that are in it, whatever their status."""
        rows = replace(self.wanted, status=None).apply(rows)
        rows = rows.filter(pk__lte=self.newest)
        return rows if self.oldest is None else rows.filter(pk__gte=self.oldest)


class Walk:
    """Finds the jobs of a set for somebody who moves them out of their status.

    Unfinished ones are read from the front of their indexes, which moving empties; ended
    ones by id, the newest first, each once: who comes back is not met again.
    """

    def __init__(self, wanted: FilteredSet, at: UUID | None = None) -> None:
        """Go on below ``at``, where an earlier walk has been."""
        self._set = wanted
        self._unfinished = [
            status
            for status in (SCHEDULED, QUEUED, RUNNING)
            if status in wanted.sources
        ]
        self._ended = [status.value for status in FINAL & wanted.sources]
        self._last: list[UUID] = []
        self._found: list[UUID] = []
        #: Below which id no ended job has been looked at; None where all have.
        self.at: UUID | None = None
        if self._ended:
            self.at = at or UUID(int=wanted.newest.int + 1)

    def step(self) -> list[UUID]:
        """Return the next bite; empty at the end."""
        while self._unfinished:
            ids = self._first(self._unfinished[0])
            # What stays in spite of being moved is somebody else's; see to the others.
            if ids and ids != self._last:
                self._last = ids
                return ids
            self._unfinished.pop(0)
        while not self._found and self.at is not None:
            self._look_further(self.at)
        ids, self._found = self._found[:BITE], self._found[BITE:]
        return ids

    def _first(self, status: JobStatus) -> list[UUID]:
        wanted = replace(self._set.wanted, status=status)
        for rows, order in unfinished(wanted, Job.objects.using(jobs_alias())):
            found = wanted.apply(self._set.of(rows))
            if status is RUNNING:
                found = found.filter(cancel_requested=False)
            if ids := list(found.order_by(*order).values_list("pk", flat=True)[:BITE]):
                return ids
        return []

    def _look_further(self, at: UUID) -> None:
        rows = indexed(self._set.wanted, Job.objects.using(jobs_alias()))
        if self._set.oldest is not None:
            rows = rows.filter(pk__gte=self._set.oldest)
        window = Window.below(at, rows)
        found = self._set.of(window.within(rows)).filter(status__in=self._ended)
        self._found = list(found.order_by("-pk").values_list("pk", flat=True))
        self.at = window.oldest
