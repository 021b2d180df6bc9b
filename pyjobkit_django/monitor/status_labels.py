"""What statuses are called in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy

from pyjobkit_django.jobs import JobStatus

STATUS_LABELS: Final = {
    JobStatus.SCHEDULED: gettext_lazy("scheduled"),
    JobStatus.QUEUED: gettext_lazy("queued"),
    JobStatus.RUNNING: gettext_lazy("running"),
    JobStatus.SUCCESS: gettext_lazy("success"),
    JobStatus.FAILED: gettext_lazy("failed"),
    JobStatus.TIMEOUT: gettext_lazy("timeout"),
    JobStatus.CANCELLED: gettext_lazy("cancelled"),
}


def status_label(status: str) -> str:
    """Return a job's status in the reader's language."""
    return str(STATUS_LABELS[JobStatus(status)])
