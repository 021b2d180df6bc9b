"""Whether jobs are being worked off: what stalls, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from django.db import Error, InterfaceError

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.conf import current
from pyjobkit_django.monitor.waiting import heads, overdue, unreaped
from pyjobkit_django.monitor.workers import SILENT_AFTER, Presence, presence, workers

#: How long a job may wait before that is a stall, in seconds, where nobody says.
MAX_WAIT_S: Final = 300.0
#: How many findings of one sort are told.
MOST_FINDINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that stalls: ``name`` for programs, ``text`` for people."""

    name: str
    text: str


def findings(
    *, max_wait_s: float = MAX_WAIT_S, using: str | None = None
) -> list[Finding]:
    """Return what stalls; nothing where all is well.

    - ``database``: it cannot be asked
    - ``no_worker``: none was heard of in two leases, or all of them are draining
    - ``unserved``: a job is due, for two leases, that no live worker takes
    - ``waiting``: a job has been due for ``max_wait_s``, though workers would take it
    - ``not_promoted``: a scheduled job is not queued, two leases after it fell due
    - ``not_reaped``: a lease ended two leases ago, and nobody took the job back
    """
    alias = jobs_alias(using)
    silence = timedelta(seconds=current().lease_ttl * SILENT_AFTER)
    try:
        return list(_findings(alias, silence, timedelta(seconds=max_wait_s)))
    except (Error, InterfaceError) as error:
        name = type(error).__name__
        return [Finding("database", f"the jobs' database does not answer: {name}")]


def _findings(alias: str, silence: timedelta, max_wait: timedelta) -> Iterator[Finding]:
    alive = _alive(alias, silence)
    takers = [each for each in alive if presence(each) is Presence.ALIVE]
    if not alive:
        yield Finding(
            "no_worker",
            f"no worker was heard of in the last {_told(silence)}; "
            f"start manage.py pyjobkit_worker",
        )
    elif not takers:
        yield Finding(
            "no_worker", "all workers are draining, so that nobody takes new jobs"
        )
    stalled = _stalled(alias, takers, silence, max_wait)
    yield from islice(stalled, MOST_FINDINGS)
    yield from _neglected(alias, silence)


def _alive(alias: str, silence: timedelta) -> list[Any]:
    heard = workers(alias).exclude(state=Presence.STOPPED)
    return [each for each in heard if each.now - each.seen_at <= silence]


def _stalled(
    alias: str, takers: list[Any], silence: timedelta, max_wait: timedelta
) -> Iterator[Finding]:
    for job in heads(alias):
        lane = f"{job.kind!r} in the queue {job.queue!r}"
        takes = [each for each in takers if _takes(each, job)]
        if not takes and job.waited > silence:
            yield Finding(
                "unserved",
                f"a job of {lane} has been due for {_told(job.waited)}, and no live "
                f"worker takes it",
            )
        elif takes and job.waited > max_wait:
            busy = sum(each.busy for each in takes)
            slots = sum(each.max_concurrency for each in takes)
            yield Finding(
                "waiting",
                f"a job of {lane} has been due for {_told(job.waited)}, while {busy} of "
                f"the {slots} slots that take it are busy",
            )


def _neglected(alias: str, silence: timedelta) -> Iterator[Finding]:
    late = overdue(alias)
    if late is not None and late.waited > silence:
        yield Finding(
            "not_promoted",
            f"a job of {late.kind!r} that fell due {_told(late.waited)} ago is still "
            f"scheduled: no worker promotes jobs",
        )
    left = unreaped(alias)
    if left is not None and left.waited > silence:
        yield Finding(
            "not_reaped",
            f"the lease of a job of {left.kind!r} ended {_told(left.waited)} ago, and no "
            f"worker took it back",
        )


def _takes(worker: Any, job: Any) -> bool:
    return (
        job.kind in worker.kinds
        and (not worker.queues or job.queue in worker.queues)
        and (not worker.tags or not set(worker.tags).isdisjoint(job.tags))
    )


def _told(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{seconds} s"
    return f"{seconds // 60} min"
