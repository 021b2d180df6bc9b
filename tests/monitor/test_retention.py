from __future__ import annotations

from datetime import timedelta

import pytest

from pyjobkit_django.ids import first_job_id_at, new_job_id
from pyjobkit_django.jobs import FINAL, JobSpec, JobStatus
from pyjobkit_django.models import DatabaseNow, Job
from pyjobkit_django.models.job_verbs import operating
from pyjobkit_django.monitor import retention
from pyjobkit_django.monitor.retention import estimate, prune

pytestmark = pytest.mark.django_db

OLD = timedelta(days=40)


def ended(status="success", age=OLD):
    """Store a job that was made and ended ``age`` ago."""
    made = new_job_id()
    seconds = (made.int >> 80) / 1000 - age.total_seconds()
    low = (1 << 64) - 1
    job_id = type(made)(int=first_job_id_at(seconds).int & ~low | made.int & low)
    Job.objects.enqueue([JobSpec(kind="k", id=job_id)])
    Job.objects.filter(pk=job_id).update(status=status, finished_at=DatabaseNow() - age)
    return job_id


def counts():
    return {line.status: line.count for line in estimate().lines}


def test_an_estimate_counts_what_is_kept_no_longer(settings):
    settings.PYJOBKIT = {"RETENTION": {"success": 1, "failed": None, "timeout": 50}}
    for status in FINAL:
        ended(status)
        ended(status, timedelta(hours=3))

    assert counts() == {"success": 1, "failed": 0, "timeout": 0, "cancelled": 1}
    assert estimate().total == 2
    assert estimate().beyond is None


def test_a_look_goes_on_where_the_last_one_ended(monkeypatch):
    monkeypatch.setattr(retention, "LOOK", 3)
    ids = sorted(ended() for _ in range(5))

    first = estimate()
    second = estimate(first.beyond)

    assert (first.total, first.beyond) == (3, ids[3])
    assert (second.total, second.beyond) == (2, None)


def test_pruning_takes_what_was_looked_at_and_no_more(monkeypatch):
    monkeypatch.setattr(retention, "LOOK", 3)
    ids = sorted(ended() for _ in range(5))

    first = prune()
    assert (first.count, first.following) == (3, ids[3])
    assert list(Job.objects.order_by("pk").values_list("pk", flat=True)) == ids[3:]

    assert prune(first.following).following is None
    assert not Job.objects.exists()


def test_where_all_is_kept_for_ever_nothing_goes(settings):
    settings.PYJOBKIT = {"RETENTION": dict.fromkeys(FINAL)}
    ended()

    assert estimate().total == 0
    assert prune().count == 0
    assert Job.objects.count() == 1


def test_pruning_removes_what_was_estimated():
    kept = ended(age=timedelta(days=1))
    for status in FINAL:
        ended(status)
    total = estimate().total

    assert prune().count == total == len(FINAL)
    assert list(Job.objects.values_list("pk", flat=True)) == [kept]
    assert estimate().total == 0


def test_pruning_stops_after_the_batch_that_reaches_its_limit(monkeypatch):
    monkeypatch.setattr(operating, "PURGE_BATCH", 2)
    monkeypatch.setattr(retention, "PRUNE_LIMIT", 3)
    for status in (JobStatus.CANCELLED, JobStatus.SUCCESS):
        for _ in range(5):
            ended(status)

    pruned = prune()

    assert pruned.count == 4
    assert Job.objects.count() == 6
    assert prune(pruned.following).count == 3
