"""Who works, by the database's clock."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.conf import current
from pyjobkit_django.models import DatabaseNow, WorkerRecord

#: After how many leases without a beat a worker counts as silent; one takes two beats.
SILENT_AFTER: Final = 2


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


def presence(worker: Any) -> Presence:
    """Return how a worker with ``now`` fares."""
    if worker.state == Presence.STOPPED:
        return Presence.STOPPED
    if worker.now - worker.seen_at > timedelta(
        seconds=current().lease_ttl * SILENT_AFTER
    ):
        return Presence.SILENT
    return Presence.DRAINING if worker.state == Presence.DRAINING else Presence.ALIVE
