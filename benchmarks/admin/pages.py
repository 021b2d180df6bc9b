"""Which pages are measured: each filter of the list, each search, each page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job

NAME = "admin:pyjobkit_django"
A_WORKER = "00000000-0000-4000-8000-000000000003"


def client_of_root() -> Client:
    """Return the client of somebody who may see everything."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


def pages() -> dict[str, str]:
    """Return the address of each page, by what is measured."""
    return {
        "list": jobs(),
        "list, further down": jobs(before=_id_of(status="success")),
        **{f"status {status}": jobs(status=status.value) for status in JobStatus},
        "kind": jobs(kind="http"),
        "kind, rare": jobs(kind="rare.thing"),
        "kind, none there": jobs(kind="nothing"),
        "queue": jobs(queue="reports"),
        "tag": jobs(tag="nightly"),
        "worker": jobs(worker=A_WORKER),
        "status failed, kind": jobs(status="failed", kind="rare.thing"),
        "status queued, kind, queue": jobs(status="queued", kind="http", queue="mail"),
        "search by id": jobs(q=str(_id_of(status="cancelled"))),
        "search by key": jobs(q="key-1000"),
        "search by kind": jobs(q="billing.charge"),
        "job, failed, long log": _job(status="failed"),
        "job, running": _job(status="running"),
        "job, succeeded": _job(status="success"),
        "log, long": _job("log", status="failed"),
        "workers": reverse(f"{NAME}_workerrecord_changelist"),
        "list, live": reverse(f"{NAME}_job_live_list"),
        "list, live, failed": reverse(
            f"{NAME}_job_live_list", query={"status": "failed"}
        ),
        "job, live, long log": _job("live", status="failed"),
        "workers, live": reverse(f"{NAME}_workerrecord_live"),
        **{
            f"dashboard {what}, {span}": reverse(f"{NAME}_dashboard_{view}")
            + f"?range={span}"
            for what, view in (("page", "changelist"), ("data", "data"))
            for span in ("1h", "24h", "7d")
        },
    }


def jobs(**asked: Any) -> str:
    """Return the address of the list."""
    return reverse(f"{NAME}_job_changelist", query=asked or None)


def _job(view: str = "change", **fields: Any) -> str:
    return reverse(f"{NAME}_job_{view}", args=[_id_of(**fields)])


def _id_of(**fields: Any) -> Any:
    newest = Job.objects.filter(**fields).order_by("-pk").values_list("pk", flat=True)
    return newest[0]
