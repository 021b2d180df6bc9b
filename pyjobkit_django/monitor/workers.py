"""Who works, by the database's clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.conf import current
from pyjobkit_django.models import DatabaseNow, Job, WorkerRecord

#: After how many leases without a beat a worker counts as silent; one takes two beats.
SILENT_AFTER: Final = 2
#: The most running jobs that are read for a page of workers.
MAX_CURRENT: Final = 2_000
#: How many workers the dashboard shows.
SHOWN: Final = 100


class Presence(StrEnum):
    """How a worker fares, as far as the database heard."""

    ALIVE = "alive"
    DRAINING = "draining"
    STOPPED = "stopped"
    SILENT = "silent"


def workers(using: str | None = None) -> Any:
    """Return the records of workers with ``now``, who was seen last coming first."""
    records = WorkerRecord.objects.using(jobs_alias(using))
    return records.annotate(now=DatabaseNow()).order_by("-seen_at", "pk")


def current_jobs(worker_ids: Collection[UUID]) -> Mapping[UUID, list[Any]]:
    """Return what each of the workers runs, the oldest first, as far as they are few."""
    jobs = Job.objects.using(jobs_alias())
    # The index of leased jobs is what keeps this from the others.
    held = jobs.filter(lease_until__isnull=False, leased_by__in=worker_ids)
    found: dict[UUID, list[Any]] = {worker_id: [] for worker_id in worker_ids}
    for job in held.only("id", "kind", "leased_by").order_by("pk")[:MAX_CURRENT]:
        found[job.leased_by].append(job)
    return found


def living_workers() -> list[Any]:
    """Return the newest workers that have not said that they stopped."""
    return list(workers().exclude(state=Presence.STOPPED)[:SHOWN])


def presence(worker: Any) -> Presence:
    """Return how a worker with ``now`` fares."""
    if worker.state == Presence.STOPPED:
        return Presence.STOPPED
    if worker.now - worker.seen_at > timedelta(
        seconds=current().lease_ttl * SILENT_AFTER
    ):
        return Presence.SILENT
    return Presence.DRAINING if worker.state == Presence.DRAINING else Presence.ALIVE
