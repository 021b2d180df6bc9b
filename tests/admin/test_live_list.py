"""What the list of jobs asks for while somebody looks at it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pyjobkit_django.admin import JobAdmin
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.monitor import counts, windows
from tests.admin import addresses
from tests.admin.scenes import IN_2100, job_of, one_of_each
from tests.stored_jobs import queued, running

pytestmark = pytest.mark.django_db


def told_of(client, **asked):
    answer = client.get(addresses.live_jobs(**asked))
    assert answer.status_code == 200
    return answer.json()


def counted(client, **asked):
    return told_of(client, counts=1, **asked)["counts"]


def test_rows_are_those_of_the_list(root):
    (job,) = running()
    Job.objects.filter(pk=job.id).update(progress=0.5, cancel_requested=True)
    ids = [str(job_id) for job_id in [*queued(3)[::-1], job.id]]
    page = root.get(addresses.jobs(kind="k")).content.decode()

    told = told_of(root, kind="k", kept=ids[0], counts=1)

    assert told["here"] == ids
    steady = [
        re.sub(r">[\d.]+ m?s<", "><", text) for text in (page, *told["rows"].values())
    ]
    for row in steady[1:]:
        assert row in steady[0]


def test_filters_hold_and_what_left_the_list_is_told_if_asked_for(root):
    failed = job_of(JobStatus.FAILED)
    (waiting,) = queued()

    told = told_of(root, status="failed", kept=f"{waiting},nonsense")

    assert told["here"] == [str(failed)]
    assert set(told["rows"]) == {str(failed), str(waiting)}


def test_the_pager_goes_on_from_the_rows_that_are_told(root, monkeypatch):
    monkeypatch.setattr(JobAdmin, "list_per_page", 2)
    ids = queued(3)

    assert f"before={ids[1]}" in told_of(root, kept=ids[0], counts=1)["pager"]
    assert "kept" not in told_of(root, kept=ids[0])["pager"]


def test_jobs_are_counted_by_status(root):
    one_of_each()
    queued(2)

    assert counted(root) == {
        **dict.fromkeys(map(str, JobStatus), "1"),
        "queued": "3",
    }
    assert "counts" not in told_of(root)


def test_counts_keep_to_the_other_filters(root):
    one_of_each()
    queued(2, kind="mail", queue="mail", tags=["a"])
    queued(kind="mail", scheduled_for=IN_2100)

    of_mail = counted(root, kind="mail", status="failed")
    assert (of_mail["queued"], of_mail["scheduled"], of_mail["failed"]) == (
        "2",
        "1",
        "0",
    )
    assert counted(root, tag="a")["queued"] == "2"
    assert counted(root, made="1h", queue="mail")["queued"] == "2"


def test_counting_ends_at_the_cap_and_at_the_window(root, monkeypatch):
    monkeypatch.setattr(counts, "CAP", 2)
    queued(4)
    assert counted(root)["queued"] == "2+"

    monkeypatch.setattr(windows, "WINDOW", 3)
    job_of(JobStatus.SUCCESS)
    queued(3)
    assert counted(root)["success"] == "0+"


def test_beyond_a_window_unfinished_jobs_are_counted_within_it(root, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 3)
    monkeypatch.setattr(counts, "WINDOW", 3)
    queued(2, kind="rare")
    queued(3)

    assert counted(root, kind="rare")["queued"] == "0+"


def test_it_takes_as_many_queries_whatever_there_is(root):
    def look(**asked):
        with CaptureQueriesContext(connection) as seen:
            told_of(root, **asked)
        return len(seen)

    (job,) = running()
    few, with_counts = look(), look(counts=1)
    queued(110)

    assert look(kept=job.id) == few + 1
    assert look(counts=1) == with_counts
    assert few <= 6
    assert with_counts <= 16


@pytest.mark.parametrize(
    "asked",
    [{"kept": ",".join("x" * 99)}, {"status": "odd"}, {"p": "x"}, {"q": "\x00"}],
)
def test_a_malformed_request_is_no_failure(root, asked):
    Job.objects.all().delete()
    queued()

    assert root.get(addresses.live_jobs(**asked)).status_code in {200, 400}
