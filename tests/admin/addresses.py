"""Where the pages of the admin are."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

LIST = "admin:pyjobkit_django_job_changelist"


def jobs(**asked: Any) -> str:
    """Return the address of the list, as it is asked for."""
    return reverse(LIST, query=asked) if asked else reverse(LIST)


def live_jobs(**asked: Any) -> str:
    """Return where the list asks what became of its jobs."""
    return reverse("admin:pyjobkit_django_job_live_list", query=asked or None)


def progress(job_id: Any, **asked: Any) -> str:
    """Return where the bar of a page that is not the admin's asks."""
    return reverse("pyjobkit:job-progress", args=[job_id], query=asked or None)


def job(job_id: Any, view: str = "change", *parts: str) -> str:
    return reverse(f"admin:pyjobkit_django_job_{view}", args=[job_id, *parts])


def operation(name: str) -> str:
    return reverse("admin:pyjobkit_django_job_operation", args=[name])


def order(name: str) -> str:
    """Return where an operation on all jobs of a search is asked for."""
    return reverse("admin:pyjobkit_django_job_order", args=[name])


def clone(job_id: Any) -> str:
    return job(job_id, "clone")


def prune() -> str:
    return reverse("admin:pyjobkit_django_job_prune")


def live_workers() -> str:
    return reverse("admin:pyjobkit_django_workerrecord_live")


def drain() -> str:
    return reverse("admin:pyjobkit_django_workerrecord_drain")


def workers() -> str:
    return reverse("admin:pyjobkit_django_workerrecord_changelist")


def dashboard(**asked: Any) -> str:
    return reverse("admin:pyjobkit_django_dashboard_changelist", query=asked)


def dashboard_data(**asked: Any) -> str:
    return reverse("admin:pyjobkit_django_dashboard_data", query=asked)
