"""The SQL verbs that workers elsewhere want to hear of, each with its wake-up.

Sync, on the connection of the thread that calls: inside the caller's transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from django.db import DataError, IntegrityError, router, transaction

from pyjobkit_django.backends.orm.wakeups import (
    announce,
    commits_each_statement,
    run_and_announce,
)
from pyjobkit_django.conf import current
from pyjobkit_django.contracts import Sweep, Wakeup, WakeupKind
from pyjobkit_django.jobs import JobSpec, JobStatus, Verb
from pyjobkit_django.models import Job
from pyjobkit_django.models.job_verbs.enqueueing import single_statement
from pyjobkit_django.outcomes import Failure, Outcome

logger = logging.getLogger("pyjobkit.backend")


def jobs_alias(using: str | None = None) -> str:
    """Return the database that jobs are written to."""
    return using or router.db_for_write(Job)


def enqueue(specs: Sequence[JobSpec], using: str | None = None) -> list[UUID]:
    """Insert jobs in the transaction at hand, if any; return their ids in order."""
    alias = jobs_alias(using)
    if _enqueue_and_announce(specs, alias):
        return [spec.id for spec in specs]
    job_ids = Job.objects.using(alias).enqueue(specs)
    announce(alias, *_hints_of(specs))
    return job_ids


def settle(outcomes: Sequence[Outcome], using: str | None = None) -> frozenset[UUID]:
    """Write outcomes; return the accepted ids. Where it raises, nothing is written.

    What the database refuses as a whole is split, so that one bad value fails its own
    job and holds up no other.
    """
    alias = jobs_alias(using)
    try:
        accepted = Job.objects.using(alias).settle(outcomes)
    except (DataError, IntegrityError) as error:
        with transaction.atomic(using=alias):
            return _settle_apart(outcomes, error, alias)
    announce(alias, *hints_after(outcomes))
    return accepted


def cancel(job_id: UUID, using: str | None = None) -> None:
    """Cancel a waiting job, ask a running one to stop, leave an ended one alone."""
    alias = jobs_alias(using)
    if Job.objects.using(alias).cancel(job_id):
        announce(alias, Wakeup(WakeupKind.CANCEL, str(job_id)))


def requeue(job_ids: Collection[UUID], using: str | None = None) -> frozenset[UUID]:
    """Queue ended jobs again; return the ids of those that could be."""
    alias = jobs_alias(using)
    moved = Job.objects.using(alias).requeue(job_ids)
    if moved:
        announce(alias, Wakeup(WakeupKind.QUEUED))
    return moved


def run_now(job_ids: Collection[UUID], using: str | None = None) -> frozenset[UUID]:
    """Queue scheduled jobs before their time; return the ids of those that could be."""
    alias = jobs_alias(using)
    moved = Job.objects.using(alias).run_now(job_ids)
    if moved:
        announce(alias, Wakeup(WakeupKind.QUEUED))
    return moved


def erase(job_ids: Collection[UUID], using: str | None = None) -> frozenset[UUID]:
    """Delete ended jobs with all that belongs to them; return the ids of those gone."""
    return Job.objects.using(jobs_alias(using)).erase(job_ids)


def promote(using: str | None = None) -> Sweep:
    """Queue the scheduled jobs that are due."""
    alias = jobs_alias(using)
    return _announced(Job.objects.using(alias).promote(), alias)


def reap(using: str | None = None) -> Sweep:
    """Take back the jobs whose lease has ended."""
    alias = jobs_alias(using)
    return _announced(Job.objects.using(alias).reap(), alias)


def _announced(sweep: Sweep, alias: str) -> Sweep:
    if sweep.count:
        announce(alias, Wakeup(WakeupKind.QUEUED))
    return sweep


def _enqueue_and_announce(specs: Sequence[JobSpec], alias: str) -> bool:
    """Insert jobs and wake workers in one round trip; False where that cannot be."""
    if not (current().notify and commits_each_statement(alias)):
        return False
    statement = single_statement(Job._meta.db_table, specs)
    if statement is None:
        return False

    def is_stored() -> bool:
        return Job.objects.using(alias).filter(pk=specs[0].id).exists()

    run_and_announce(alias, statement, _hints_of(specs), is_stored)
    return True


def _settle_apart(
    outcomes: Sequence[Outcome], error: Exception, alias: str
) -> frozenset[UUID]:
    if len(outcomes) > 1:
        middle = len(outcomes) // 2
        first, second = outcomes[:middle], outcomes[middle:]
        return settle(first, alias) | settle(second, alias)
    (outcome,) = outcomes
    unstorable = outcome.result is not None or outcome.follow_ups
    if not unstorable:
        raise error
    logger.warning("result not storable", extra={"job_id": outcome.job_id})
    failure = replace(Failure.of(error), reason="the database refused the result")
    failed = outcome._replace(
        verb=Verb.FINISH,
        status=JobStatus.FAILED,
        result=None,
        failure=failure,
        follow_ups=(),
    )
    return settle([failed], alias)


def _hints_of(specs: Iterable[JobSpec]) -> Iterator[Wakeup]:
    later = []
    queues: dict[str, None] = {}
    for spec in specs:
        if spec.scheduled_for is None:
            queues[spec.queue] = None
        else:
            later.append(spec.scheduled_for)
    for queue in queues:
        yield Wakeup(WakeupKind.QUEUED, queue)
    if later:
        now = datetime.now(UTC)  # noqa: TID251 - a hint; the database decides what is due
        seconds = max(0.0, (min(later) - now).total_seconds())
        yield Wakeup(WakeupKind.SCHEDULED, f"{seconds:.3f}")


def hints_after(outcomes: Iterable[Outcome]) -> Iterator[Wakeup]:
    """Return what workers elsewhere want to hear of, of ends that were written."""
    for outcome in outcomes:
        if outcome.follow_ups:
            yield from _hints_of(outcome.follow_ups)
        if outcome.status is JobStatus.QUEUED:
            yield Wakeup(WakeupKind.QUEUED)
        elif outcome.status is JobStatus.SCHEDULED:
            yield Wakeup(WakeupKind.SCHEDULED, f"{outcome.delay_s:.3f}")
