"""Which jobs have waited longest, found without walking the queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import DatabaseNow, Job
from pyjobkit_django.models.columns import status_is

#: How many heads are looked at; each is one step in an index.
MOST_HEADS: Final = 300

_ORDER: Final = ("queue", "kind", "priority", "scheduled_for", "id")
_COLUMNS: Final = ("id", "queue", "kind", "priority", "scheduled_for", "tags")


def heads(alias: str) -> Iterator[Any]:
    """Yield the due job that has waited longest of each queue, kind and priority.

    Of those that lost a run with their worker, which stand apart, only one comes. Each
    is read by an index, however long the queue. They have ``waited``.
    """
    due = Job.objects.using(alias).filter(
        status_is(JobStatus.QUEUED), lease_until__isnull=True
    )
    timed = due.annotate(now=DatabaseNow()).only(*_COLUMNS)
    suspects = timed.filter(lost_runs__gt=0).order_by("lost_runs", *_ORDER)
    if (suspect := suspects.first()) is not None:
        yield _with_wait(suspect)
    ordered = timed.filter(lost_runs=0).order_by(*_ORDER)
    head = ordered.first()
    for _ in range(MOST_HEADS):
        if head is None:
            return
        yield _with_wait(head)
        head = _next(ordered, head)


def overdue(alias: str) -> Any:
    """Return the scheduled job that fell due first, with ``waited``; None if none did."""
    scheduled = Job.objects.using(alias).filter(status_is(JobStatus.SCHEDULED))
    timed = scheduled.annotate(now=DatabaseNow()).only(*_COLUMNS)
    first = timed.order_by("scheduled_for").first()
    return None if first is None else _with_wait(first)


def unreaped(alias: str) -> Any:
    """Return the job whose lease ended first, with ``waited``; None if none is held."""
    leased = Job.objects.using(alias).filter(lease_until__isnull=False)
    timed = leased.annotate(now=DatabaseNow()).only(*_COLUMNS, "lease_until")
    first = timed.order_by("lease_until").first()
    if first is not None:
        first.waited = first.now - first.lease_until
    return first


def _next(ordered: Any, head: Any) -> Any:
    # One comparison a step, each of which an index answers; ORed together none would.
    same_kind = ordered.filter(queue=head.queue, kind=head.kind)
    return (
        same_kind.filter(priority__gt=head.priority).first()
        or ordered.filter(queue=head.queue, kind__gt=head.kind).first()
        or ordered.filter(queue__gt=head.queue).first()
    )


def _with_wait(job: Any) -> Any:
    job.waited = job.now - job.scheduled_for
    return job
