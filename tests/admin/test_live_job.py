"""What the page of a job asks for while somebody looks at it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pyjobkit_django import shortcuts
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.monitor import log_pages
from pyjobkit_django.outcomes import Outcome
from tests.admin import addresses
from tests.admin.live_job import BRIEF, WHOLE, told_of
from tests.admin.scenes import BROKEN, job_of, log
from tests.admin.test_hostile import ACTIVE, EVIL, Elements
from tests.stored_jobs import claimed, queued, running

pytestmark = pytest.mark.django_db


def test_the_first_answer_brings_every_region_and_the_next_what_moves(root):
    (job,) = running()

    first = told_of(root, job.id)
    second = told_of(root, job.id, seen=first["seen"])

    assert set(first["regions"]) == BRIEF | WHOLE
    assert set(second["regions"]) == BRIEF
    assert (second["status"], second["ended"]) == ("running", False)


@pytest.mark.parametrize("move", ["cancel", "settle"])
def test_a_move_brings_every_region_again(root, move):
    (job,) = running()
    seen = told_of(root, job.id)["seen"]
    if move == "cancel":
        shortcuts.cancel(job.id)
    else:
        Job.objects.settle([Outcome.failed(job, BROKEN)])

    told = told_of(root, job.id, seen=seen)

    assert set(told["regions"]) == BRIEF | WHOLE
    assert told["seen"] != seen
    if move == "settle":
        assert told["ended"]
        assert "ValueError: broken" in told["regions"]["attempts"]
        assert "ValueError: broken" in told["regions"]["why"]
        assert "requeue" in told["regions"]["operations"]


def test_progress_and_its_text_are_told_each_time(root):
    (job,) = running()
    seen = told_of(root, job.id)["seen"]
    Job.objects.filter(pk=job.id).update(
        progress=0.25, progress_meta={"text": "a quarter, password=hunter2"}
    )

    regions = told_of(root, job.id, seen=seen)["regions"]

    assert 'value="25"' in regions["progress"]
    assert "a quarter" in regions["progress"]
    assert "hunter2" not in regions["progress"]
    assert regions["progress-parts"].strip() == ""


def test_a_job_that_waits_for_its_next_attempt_says_when_that_is(root):
    (job,) = running()
    Job.objects.settle([Outcome.retry(job, BROKEN, 3_600.0)])

    timeline = told_of(root, job.id)["regions"]["timeline"]

    assert "Next attempt" in timeline
    assert "59 min" in timeline or "1 h" in timeline


def test_how_often_it_was_retried_is_told(root):
    (job,) = running()
    Job.objects.settle([Outcome.retry(job, BROKEN, 0.0)])
    claimed()

    assert "1 time" in told_of(root, job.id)["regions"]["timeline"]


def test_lines_are_told_once_in_the_order_in_which_they_were_written(root):
    job_id = job_of(JobStatus.RUNNING)
    log(job_id, "a", "b")

    first = told_of(root, job_id, **{"from": ""})["log"]
    nothing = told_of(root, job_id, **{"from": first["cursor"]})["log"]
    log(job_id, "c", seq=2)
    second = told_of(root, job_id, **{"from": nothing["cursor"]})["log"]

    assert first["lines"].count("<li") == 2
    assert nothing == {"lines": "", "cursor": first["cursor"], "more": False}
    assert second["lines"].count("<li") == 1
    assert ">c<" in second["lines"]


def test_a_flood_of_lines_comes_page_by_page(root, monkeypatch):
    monkeypatch.setattr(log_pages, "PAGE_LINES", 2)
    job_id = job_of(JobStatus.RUNNING)
    log(job_id, "a", "b", "c", "d", "e")

    seen, cursor, more = 0, "", True
    while more:
        told = told_of(root, job_id, **{"from": cursor})["log"]
        cursor, more = told["cursor"], told["more"]
        seen += told["lines"].count("<li")

    assert seen == 5


@pytest.mark.parametrize("cursor", ["x", "1.2", "9" * 30, "-1.0.0", "1.1.1.1"])
def test_a_cursor_that_is_none_begins_at_the_first_line(root, cursor):
    job_id = job_of(JobStatus.RUNNING)
    log(job_id, "a")

    assert ">a<" in told_of(root, job_id, **{"from": cursor})["log"]["lines"]


def test_a_page_goes_on_where_it_was_made(root):
    job_id = job_of(JobStatus.RUNNING)
    log(job_id, "a")
    cursor = root.get(addresses.job(job_id)).context["cursor"]
    log(job_id, "b", seq=2)

    lines = told_of(root, job_id, **{"from": str(cursor)})["log"]["lines"]

    assert ">b<" in lines
    assert ">a<" not in lines


def test_what_is_hostile_is_text_and_what_is_secret_is_masked(root):
    (job,) = running(payload={"password": "hunter2", "evil": EVIL})
    Job.objects.filter(pk=job.id).update(progress=1, progress_meta={"text": EVIL})
    log(job.id, EVIL, "password=hunter2")

    told = told_of(root, job.id, **{"from": ""})

    shown = "".join([*told["regions"].values(), told["log"]["lines"]])
    assert {tag for tag, _ in Elements(shown).found} & {"script", "img"} == set()
    assert ACTIVE.findall(shown) == []
    assert "hunter2" not in shown


@pytest.mark.parametrize("job_id", [uuid4(), "nonsense"])
def test_a_job_that_is_gone_is_not_found(root, job_id):
    assert root.get(addresses.job(job_id, "live")).status_code == 404


def test_it_takes_few_queries_whatever_there_is(root):
    (job,) = running()
    seen = told_of(root, job.id)["seen"]
    log(job.id, *["line"] * 300)
    queued(30, parent=job.id)

    with CaptureQueriesContext(connection) as brief:
        told_of(root, job.id, seen=seen, **{"from": ""})
    with CaptureQueriesContext(connection) as whole:
        told_of(root, job.id)

    # Two of them are the session and the user.
    assert len(brief) <= 4
    assert len(whole) <= 6
