"""The same work through Django's ORM, on the same plain table."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.db.models.functions import Now

from benchmarks.limits import plain_table

_BULK = 1_000


def set_up(dsn: str) -> type[models.Model]:
    """Configure Django for one database; return the plain table's model."""
    address = urlsplit(dsn)
    entry = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.path.lstrip("/"),
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "HOST": address.hostname or "",
        "PORT": address.port or "",
        "CONN_MAX_AGE": None,
    }
    settings.configure(INSTALLED_APPS=[], USE_TZ=True, DATABASES={"default": entry})
    django.setup()

    class Job(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        kind = models.TextField(default="noop")
        payload: Any = models.JSONField(default=dict)
        status = models.TextField(default="queued")
        priority = models.IntegerField(default=100)
        scheduled_for = models.DateTimeField(db_default=Now())
        attempts = models.IntegerField(default=0)
        max_attempts = models.IntegerField(default=3)
        lease_until = models.DateTimeField(null=True)
        leased_by = models.UUIDField(null=True)
        version = models.IntegerField(default=0)
        created_at = models.DateTimeField(db_default=Now())
        started_at = models.DateTimeField(null=True)
        finished_at = models.DateTimeField(null=True)
        result: Any = models.JSONField(null=True)

        class Meta:
            app_label = "limits"
            db_table = "job"

        def __str__(self) -> str:
            return str(self.id)

    return Job


def drain(job: Any, dsn: str, jobs: int, batch: int) -> float:
    """Return the rate of select_for_update, update and another update."""
    plain_table.lay(dsn, jobs)
    done, start = 0, time.perf_counter()
    while ids := _claim(job, batch):
        job.objects.filter(pk__in=ids, status="running").update(
            status="success", finished_at=Now(), lease_until=None, result=None
        )
        done += len(ids)
    rate = done / (time.perf_counter() - start)
    connection.close()
    plain_table.check_all_are_done(dsn)
    return rate


def create(job: Any, dsn: str, jobs: int) -> float:
    """Return the rate of Model.objects.create."""
    plain_table.lay(dsn, 0)
    start = time.perf_counter()
    for _ in range(jobs):
        job.objects.create(payload={"a": 1})
    rate = jobs / (time.perf_counter() - start)
    connection.close()
    return rate


def bulk_create(job: Any, dsn: str, jobs: int) -> float:
    """Return the rate of bulk_create, 1,000 rows a call."""
    plain_table.lay(dsn, 0)
    start = time.perf_counter()
    for _ in range(jobs // _BULK):
        job.objects.bulk_create([job(payload={"a": 1}) for _ in range(_BULK)])
    rate = jobs / (time.perf_counter() - start)
    connection.close()
    return rate


@transaction.atomic
def _claim(job: Any, batch: int) -> list[uuid.UUID]:
    found = job.objects.select_for_update(skip_locked=True)
    due = found.filter(status="queued", scheduled_for__lte=Now())
    ids = [each.pk for each in due.order_by("priority", "scheduled_for", "id")[:batch]]
    if ids:
        job.objects.filter(pk__in=ids).update(
            status="running",
            attempts=F("attempts") + 1,
            version=F("version") + 1,
            lease_until=Now() + timedelta(seconds=60),
            started_at=Now(),
        )
    return ids
