"""The table of jobs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from pyjobkit_django.contracts import JobRecord
from pyjobkit_django.ids import new_job_id
from pyjobkit_django.job_fields import MAX_KEY, MAX_NAME
from pyjobkit_django.jobs import (
    DEFAULT_MAX_ATTEMPTS,
    DEFAULT_PRIORITY,
    DEFAULT_QUEUE,
    JobStatus,
)
from pyjobkit_django.models.columns import (
    ExactCharField,
    JSONDecoder,
    PartialIndex,
    TagsField,
    UniqueWhenSet,
)
from pyjobkit_django.models.job_verbs import JobQuerySet


class Job(models.Model):
    """One job; its verbs are ``Job.objects``'s, its life is in ``jobs.MOVES``."""

    id = models.UUIDField(primary_key=True, default=new_job_id, editable=False)
    kind = ExactCharField(_("kind"), max_length=MAX_NAME)
    queue = ExactCharField(_("queue"), max_length=MAX_NAME, default=DEFAULT_QUEUE)
    payload = models.JSONField(_("payload"), default=dict, decoder=JSONDecoder)
    priority = models.IntegerField(
        _("priority"), default=DEFAULT_PRIORITY, help_text=_("Lower runs first.")
    )
    status = models.CharField(
        _("status"),
        max_length=9,
        choices=[(status.value, status.value) for status in JobStatus],
        default=JobStatus.QUEUED.value,
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    max_attempts = models.PositiveIntegerField(
        _("max attempts"), default=DEFAULT_MAX_ATTEMPTS
    )
    lost_runs = models.PositiveIntegerField(
        _("lost runs"), default=0, help_text=_("Runs that ended with their worker.")
    )
    retry_policy = models.CharField(_("retry policy"), max_length=MAX_KEY, null=True)
    timeout_s = models.FloatField(_("timeout (seconds)"), null=True)
    scheduled_for = models.DateTimeField(_("scheduled for"))
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    leased_by = models.UUIDField(_("leased by"), null=True)
    lease_until = models.DateTimeField(_("lease until"), null=True)
    version = models.PositiveIntegerField(_("version"), default=0)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    result = models.JSONField(_("result"), null=True, decoder=JSONDecoder)
    failure = models.JSONField(_("failure"), null=True, decoder=JSONDecoder)
    progress = models.FloatField(_("progress"), null=True)
    progress_meta = models.JSONField(
        _("progress details"), null=True, decoder=JSONDecoder
    )
    idempotency_key = ExactCharField(
        _("idempotency key"), max_length=MAX_KEY, null=True
    )
    unique_key = ExactCharField(_("unique key"), max_length=MAX_KEY, null=True)
    tags = TagsField(_("tags"), default=tuple)
    parent = models.UUIDField(_("parent"), null=True)
    shadow = models.BooleanField(_("shadow"), default=False)
    chain = models.JSONField(_("chain"), null=True, decoder=JSONDecoder)
    webhooks = models.JSONField(_("webhooks"), null=True)
    trace_context = models.JSONField(_("trace context"), null=True)

    objects: ClassVar[JobQuerySet] = JobQuerySet.as_manager()  # type: ignore[assignment] # its verbs are all that is called

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        # Nobody adds or edits jobs; deleting is one of the operations.
        default_permissions = ["view", "delete"]
        permissions = [
            ("cancel_job", "Can cancel job"),
            ("requeue_job", "Can requeue job"),
            ("run_job", "Can run job before its time"),
            ("prune_job", "Can prune ended jobs"),
            ("clone_job", "Can enqueue job anew with another payload"),
        ]
        # No other index: each one costs a third of the throughput (docs/decisions.md).
        indexes = [
            PartialIndex(
                name="pyjobkit_job_claim",
                # Jobs that lost a run stand apart: claims take one of them at the most.
                fields=[
                    "lost_runs",
                    "queue",
                    "kind",
                    "priority",
                    "scheduled_for",
                    "id",
                ],
                where=models.Q(status="queued", lease_until__isnull=True),
                otherwise=[
                    "status",
                    "lost_runs",
                    "queue",
                    "kind",
                    "priority",
                    "scheduled_for",
                    "id",
                ],
            ),
            PartialIndex(
                name="pyjobkit_job_scheduled",
                fields=["scheduled_for"],
                where=models.Q(status="scheduled"),
                otherwise=["status", "scheduled_for"],
            ),
            PartialIndex(
                name="pyjobkit_job_leased",
                fields=["id"],
                where=models.Q(lease_until__isnull=False),
                otherwise=["lease_until"],
            ),
            PartialIndex(
                name="pyjobkit_job_failed",
                fields=["id"],
                where=models.Q(status__in=["failed", "timeout"]),
            ),
        ]
        constraints = [
            UniqueWhenSet(field="idempotency_key", name="pyjobkit_job_idempotency_key"),
            UniqueWhenSet(field="unique_key", name="pyjobkit_job_unique_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    def record(self) -> JobRecord:
        """Return the job as the toolkit shows it."""
        succeeded = self.status == JobStatus.SUCCESS
        return {
            "id": self.id,
            "kind": self.kind,
            "status": JobStatus(self.status),
            "payload": self.payload,
            "result": self.result if succeeded else self._failure_of_the_end(),
            "priority": self.priority,
            "attempts": self.attempts,
            "max_attempts": self.max_attempts,
            "timeout_s": self.timeout_s,
            "scheduled_for": self.scheduled_for,
            "created_at": self.created_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "lease_until": self.lease_until,
            "leased_by": self.leased_by,
            "version": self.version,
            "idempotency_key": self.idempotency_key,
            "cancel_requested": self.cancel_requested,
            "queue": self.queue,
            "unique_key": self.unique_key,
            "retry_policy": self.retry_policy,
            "tags": list(self.tags),
            "parent": self.parent,
            "shadow": self.shadow,
            "chain": self.chain or [],
            "webhooks": self.webhooks or {},
            "progress": self.progress,
            "progress_meta": self.progress_meta or {},
            "lost_runs": self.lost_runs,
        }

    def _failure_of_the_end(self) -> Any:
        return self.failure if self.finished_at is not None else None
