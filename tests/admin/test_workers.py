from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pyjobkit_django.models import DatabaseNow, WorkerRecord
from tests.admin import addresses
from tests.admin.scenes import worker
from tests.stored_jobs import running

pytestmark = pytest.mark.django_db


def test_workers_are_shown_the_last_heard_of_first(root):
    silent = worker(host="old")
    seen_at = DatabaseNow() - timedelta(minutes=9)
    WorkerRecord.objects.filter(pk=silent.pk).update(seen_at=seen_at)
    alive = worker(host="new", queues=(), tags=("a", "b"))

    page = root.get(addresses.workers())

    shown = page.content.decode()
    assert [each.pk for each in page.context["cl"].result_list] == [alive.pk, silent.pk]
    assert shown.index(">alive<") < shown.index(">dead<")
    assert "9 min ago" in shown
    assert "2 / 8" in shown
    assert "a, b" in shown
    assert f"{addresses.jobs()}?worker={alive.pk}" in shown


@pytest.mark.parametrize("asked", ["p=x", "p=-1", "host__startswith=a", "o=1", "q=%00"])
def test_a_malformed_request_is_no_failure(root, asked):
    worker()

    assert root.get(f"{addresses.workers()}?{asked}", follow=True).status_code == 200


def test_a_worker_has_no_page_of_its_own(root):
    record = worker()

    assert root.get(f"{addresses.workers()}{record.pk}/change/").status_code == 404
    assert root.post(addresses.workers(), {"action": "x"}).status_code == 200


def test_what_each_runs_takes_and_weighs_is_shown(root):
    busy = worker(
        peak_memory_bytes=52_428_800, release="1.2.3", kinds=("a.b",), done=5_000
    )
    worker()
    jobs = running(5, worker_id=busy.pk)

    shown = root.get(addresses.workers()).content.decode()

    assert [addresses.job(job.id) in shown for job in jobs] == [True] * 3 + [False] * 2
    assert "and 2 more" in shown
    assert "50.0\xa0MB" in shown
    assert "5,000" in shown
    assert "1.2.3" in shown


def test_whoever_may_not_see_jobs_does_not_see_what_runs(browse):
    (job,) = running(worker_id=worker().pk)

    shown = browse("view_workerrecord").get(addresses.workers()).content.decode()

    assert "pyjobkit-current" not in shown
    assert str(job.id) not in shown


def test_live_rows_are_those_of_the_list(root):
    record = worker()
    page = root.get(addresses.workers()).content.decode()

    told = root.get(addresses.live_workers()).json()

    assert told["here"] == [str(record.pk)]
    assert told["rows"][str(record.pk)].split("<time")[0] in page
    assert root.get(addresses.live_workers() + "?p=x").status_code in {200, 400}


def test_a_worker_is_asked_to_drain_once_it_was_confirmed(root):
    record = worker()
    sent = {"worker": str(record.pk)}
    assert addresses.drain() in root.get(addresses.workers()).content.decode()

    asked = root.post(addresses.drain(), sent)
    assert not WorkerRecord.objects.get().drain_requested
    done = root.post(addresses.drain(), {**sent, "confirmed": "yes"}, follow=True)

    assert "Drain the worker host:7?" in asked.content.decode()
    assert WorkerRecord.objects.get().drain_requested
    assert "The worker host:7 was asked to drain" in done.content.decode()
    assert "alive, asked to drain" in done.content.decode()
    assert addresses.drain() not in done.content.decode()
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (
        str(record.pk),
        "Asked to drain.",
    )


@pytest.mark.parametrize("sent", ["", "nonsense", str(uuid4())])
def test_a_worker_that_is_not_there_is_not_asked(root, sent):
    stopped = worker(state="stopped")

    for worker_id in (sent, str(stopped.pk)):
        data = {"worker": worker_id, "confirmed": "yes"}
        page = root.post(addresses.drain(), data, follow=True).content.decode()
        assert "nothing changed" in page

    assert not LogEntry.objects.exists()
    assert root.get(addresses.drain()).status_code == 405


def test_their_jobs_take_one_query(root):
    def look():
        with CaptureQueriesContext(connection) as seen:
            root.get(addresses.live_workers())
        return len(seen)

    running(2, worker_id=worker().pk)
    look()
    few = look()
    for _ in range(5):
        running(2, worker_id=worker().pk)

    assert look() == few


def test_the_job_s_page_leads_to_its_worker(root, browse):
    (job,) = running(worker_id=worker().pk)
    worker_id = WorkerRecord.objects.get().pk

    assert f"{addresses.workers()}#worker-{worker_id}" in (
        root.get(addresses.job(job.id)).content.decode()
    )
    assert f"{addresses.jobs()}?worker={worker_id}" in (
        browse("view_job").get(addresses.job(job.id)).content.decode()
    )
