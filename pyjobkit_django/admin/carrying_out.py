"""Carries an operation out on jobs, one by one, and tells what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override as language

from pyjobkit_django.admin.formats import status_label
from pyjobkit_django.admin.operations import Operation
from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.monitor.text import visible


@dataclass(slots=True)
class Report:
    """The jobs that were moved, and a sentence for each that was not."""

    moved: list[Any] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def selected_jobs(job_ids: Sequence[UUID]) -> list[Any]:
    """Return those of the jobs that there are, the newest first."""
    return list(_brief(job_ids).order_by("-pk"))


def carry_out(operation: Operation, job_ids: Sequence[UUID], *, user_id: Any) -> Report:
    """Move each of the jobs that can be moved, and enter it in the admin's log."""
    report = Report()
    with transaction.atomic(using=jobs_alias()):
        # Locked, so that what is told of a job is what became of it.
        jobs = {job.pk: job for job in _brief(job_ids).locked(wait=True)}
        for job_id in job_ids:
            _move(operation, job_id, jobs, report)
        if report.moved:
            # Kept untranslated, as Django keeps its own: others read it than who acts.
            with language(None):
                LogEntry.objects.log_actions(
                    user_id, report.moved, operation.flag, str(operation.logged)
                )
    return report


def refusal(operation: Operation, job_id: UUID, job: Any) -> str:
    """Return the sentence that tells why a job is not moved; ``job`` None is not there."""
    if job is None:
        return _("%(id)s: there is no such job.") % {"id": job_id}
    told = {"kind": visible(job.kind), "id": job_id, "reason": why_not(operation, job)}
    return _("%(kind)s %(id)s: %(reason)s.") % told


def why_not(operation: Operation, job: Any) -> str:
    """Return why a job is not moved; nothing where it is."""
    if operation.moves(job):
        return ""
    return _reason(operation, JobStatus(job.status))


def _brief(job_ids: Sequence[UUID]) -> Any:
    jobs = Job.objects.using(jobs_alias()).filter(pk__in=job_ids)
    return jobs.only("id", "kind", "status")


def _move(
    operation: Operation, job_id: UUID, jobs: Mapping[UUID, Any], report: Report
) -> None:
    job = jobs.get(job_id)
    # A cancel of what has ended is no error to the verb; people want to know.
    if job is None or not operation.moves(job):
        report.refused.append(refusal(operation, job_id, job))
        return
    operation.verb(job_id)
    report.moved.append(job)


def _reason(operation: Operation, status: JobStatus) -> str:
    told = {"status": status_label(status)}
    if operation.is_deletion:
        return _("still %(status)s; cancel it first") % told
    if status in FINAL:
        return _("already ended (%(status)s)") % told
    if operation.name == "run-now":
        return _("not scheduled (%(status)s)") % told
    return _("not ended yet (%(status)s)") % told
