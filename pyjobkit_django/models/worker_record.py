"""The table of workers: who is alive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from pyjobkit_django.contracts import WorkerBeat
from pyjobkit_django.models.clock import DatabaseNow, seconds_from_now


class WorkerRecordQuerySet(models.QuerySet[Any]):
    """The verbs of the table of workers."""

    def beat(self, beat: WorkerBeat, now: Combinable | None = None) -> bool:
        """Keep a worker's sign of life; return whether it was asked to drain.

        ``now`` may be an expression that does more than tell the time.
        """
        seen = {
            "host": beat.host,
            "pid": beat.pid,
            "state": beat.state,
            "max_concurrency": beat.max_concurrency,
            "busy": beat.busy,
            "done": beat.done,
            "kinds": beat.kinds,
            "queues": beat.queues,
            "tags": beat.tags,
            "peak_memory_bytes": beat.peak_memory_bytes,
            "release": beat.release,
            "seen_at": now or DatabaseNow(),
        }
        record = self.filter(pk=beat.worker_id)
        if record.filter(drain_requested=False).update(**seen):
            return False
        if record.update(**seen):
            return True
        self.create(pk=beat.worker_id, started_at=DatabaseNow(), **seen)
        return False

    def ask_to_drain(self, worker_id: UUID) -> bool:
        """Have a worker end at its next sign of life; return whether there is such a one."""
        there = self.filter(pk=worker_id).exclude(state="stopped")
        return bool(there.update(drain_requested=True))

    def touch(self) -> None:
        """Write nothing, and yet fail where nothing can be written."""
        self.filter(pk=UUID(int=0)).update(pid=models.F("pid"))

    def forget(self, older_than: timedelta) -> int:
        """Delete the records of workers not seen for ``older_than``; return how many."""
        return self.filter(seen_at__lt=seconds_from_now(-older_than)).delete()[0]


class WorkerRecord(models.Model):
    """One worker process as it last described itself."""

    id = models.UUIDField(primary_key=True, editable=False)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process id"))
    state = models.CharField(_("state"), max_length=16)
    max_concurrency = models.PositiveIntegerField(_("slots"))
    busy = models.PositiveIntegerField(_("slots busy"))
    done = models.PositiveBigIntegerField(_("jobs done"))
    kinds: Any = models.JSONField(_("kinds"))
    queues: Any = models.JSONField(_("queues"))
    tags: Any = models.JSONField(_("tags"))
    peak_memory_bytes = models.PositiveBigIntegerField(
        _("peak memory (bytes)"), null=True
    )
    release = models.CharField(_("release"), max_length=64, blank=True)
    drain_requested = models.BooleanField(_("asked to drain"), default=False)
    started_at = models.DateTimeField(_("started at"))
    seen_at = models.DateTimeField(_("seen at"))

    objects = WorkerRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        default_permissions = ["view"]
        permissions = [("drain_workerrecord", "Can ask worker to drain")]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
