"""The tables of what a job's runs left behind: attempts that failed, and log lines."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobAttempt(models.Model):
    """One run that did not succeed; written with the move that ended it."""

    pk = models.CompositePrimaryKey("job_id", "version")
    # A plain column: a constraint would make inserts wait behind every claim.
    job_id = models.UUIDField(_("job"))
    version = models.PositiveIntegerField(_("version"))
    attempt = models.PositiveIntegerField(_("attempt"))
    worker_id = models.UUIDField(_("worker"), null=True)
    status = models.CharField(_("status"), max_length=9)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"))
    failure: Any = models.JSONField(_("failure"))
    traceback = models.TextField(_("traceback"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        default_permissions = []  # who may see a job sees its attempts

    def __str__(self) -> str:
        return f"attempt {self.attempt} of {self.job_id}"


class JobLog(models.Model):
    """The lines that one flush of one run wrote: ``[[seconds, stream, text], …]``.

    ``seconds`` count from the epoch on the worker's clock.
    """

    pk = models.CompositePrimaryKey("job_id", "version", "seq")
    job_id = models.UUIDField(_("job"))
    version = models.PositiveIntegerField(_("version"))
    seq = models.BigIntegerField(_("sequence"))
    lines: Any = models.JSONField(_("lines"))

    class Meta:
        verbose_name = _("job log")
        verbose_name_plural = _("job logs")
        default_permissions = []  # who may see a job sees its log

    def __str__(self) -> str:
        return f"log of {self.job_id}, run {self.version}"
