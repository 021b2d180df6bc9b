"""Pages of jobs, the newest first, found by id: nothing is counted and nothing skipped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self
from uuid import UUID

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.models import DatabaseNow, Job
from pyjobkit_django.monitor.job_filter import JobFilter
from pyjobkit_django.monitor.windows import Window, gathered, indexed, window_of

#: What a line of the list is made of; payloads and results may be large.
LISTED: Final = (
    *("id", "kind", "queue", "status", "attempts", "max_attempts", "progress"),
    *("created_at", "scheduled_for", "started_at", "finished_at", "cancel_requested"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins: ``before`` (older than) or ``after`` (newer than) a job.

    ``below`` is where the window of the search begins.
    """

    before: UUID | None = None
    after: UUID | None = None
    below: UUID | None = None

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Self:
        """Return the place that ``asked`` names; what is no id is left out."""
        names = cls.__dataclass_fields__
        ids = {name: parsed_id(asked.get(name, "")) for name in names}
        return cls(**ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, each with ``now``, the database's time; None where no page follows.

    ``older`` and ``newer`` are the ids to go on from; ``window`` is how far was looked;
    ``by_key`` tells that the search met ids or keys.
    """

    jobs: Sequence[Job]
    newer: UUID | None = None
    older: UUID | None = None
    window: Window
    by_key: bool = False


def read_page(wanted: JobFilter, place: Place, *, size: int) -> JobPage:
    """Return the page of ``size`` jobs that begins at ``place``."""
    jobs = Job.objects.using(jobs_alias())
    if wanted.search:
        return _searched(wanted, place, jobs, size)
    return _listed(wanted, place, jobs, size)


def parsed_id(text: str) -> UUID | None:
    """Return the id that a text is, None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _searched(wanted: JobFilter, place: Place, jobs: Any, size: int) -> JobPage:
    met = _met_by_key(wanted.search, jobs)
    if met:
        rows = replace(wanted, search="").apply(_shown(jobs.filter(pk__in=met)))
        found = list(rows.order_by("-pk"))
        return JobPage(jobs=found, window=Window(None, None), by_key=True)
    of_kind = replace(wanted, search="", kind=wanted.kind or wanted.search)
    if of_kind.kind != wanted.search:
        return JobPage(jobs=[], window=Window(None, None))
    return _listed(of_kind, place, jobs, size)


def _met_by_key(text: str, jobs: Any) -> set[UUID]:
    met = {parsed_id(text)} - {None}
    for key in ("idempotency_key", "unique_key"):
        met.update(jobs.filter(**{key: text}).values_list("pk", flat=True))
    return {job_id for job_id in met if job_id is not None}


def _listed(wanted: JobFilter, place: Place, jobs: Any, size: int) -> JobPage:
    ids = gathered(wanted, jobs)
    if ids is not None:
        return _of_ids(ids, place, jobs, size)
    window = window_of(wanted, jobs, place.below)
    rows = window.within(wanted.apply(_shown(indexed(wanted, jobs))))
    if place.after is not None:
        newer = list(rows.filter(pk__gt=place.after).order_by("pk")[: size + 1])
        if len(newer) > size:
            shown = newer[:size][::-1]
            return _page(shown, window, newer=True, older=True)
        place = replace(place, before=None)
    below = rows if place.before is None else rows.filter(pk__lt=place.before)
    found = list(below.order_by("-pk")[: size + 1])
    return _page(
        found[:size], window, newer=place.before is not None, older=len(found) > size
    )


def _of_ids(ids: Sequence[UUID], place: Place, jobs: Any, size: int) -> JobPage:
    first = 0
    if place.before is not None:
        first = sum(job_id >= place.before for job_id in ids)
    elif place.after is not None:
        first = max(0, sum(job_id > place.after for job_id in ids) - size)
    shown = _shown(jobs.filter(pk__in=ids[first : first + size]))
    return _page(
        list(shown.order_by("-pk")),
        Window(None, None),
        newer=first > 0,
        older=len(ids) > first + size,
    )


def _page(jobs: Sequence[Job], window: Window, *, newer: bool, older: bool) -> JobPage:
    return JobPage(
        jobs=jobs,
        window=window,
        newer=jobs[0].pk if jobs and newer else None,
        older=jobs[-1].pk if jobs and older else None,
    )


def _shown(jobs: Any) -> Any:
    return jobs.only(*LISTED).annotate(now=DatabaseNow())


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """Names that some jobs have."""

    kinds: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


def known_names(*, look: int = 1_000) -> KnownNames:
    """Return the names that the newest jobs have."""
    newest = Job.objects.using(jobs_alias()).order_by("-pk")
    found = list(newest.values_list("kind", "queue", "tags")[:look])
    return KnownNames(
        kinds=frozenset(kind for kind, _, _ in found),
        queues=frozenset(queue for _, queue, _ in found),
        tags=frozenset(tag for _, _, tags in found for tag in tags),
    )


def listed_jobs(job_ids: Collection[UUID]) -> list[Job]:
    """Return those of the jobs that there are, as a page has them, the newest first."""
    jobs = Job.objects.using(jobs_alias())
    return list(_shown(jobs.filter(pk__in=job_ids)).order_by("-pk")) if job_ids else []
