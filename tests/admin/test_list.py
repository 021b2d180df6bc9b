from __future__ import annotations

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pyjobkit_django.admin import JobAdmin
from pyjobkit_django.ids import first_job_id_at
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.monitor import windows
from tests.admin import addresses
from tests.admin.scenes import job_of, log, one_of_each, worker
from tests.stored_jobs import queued, running

pytestmark = pytest.mark.django_db


def shown(client, address):
    return [job.pk for job in client.get(address).context["cl"].result_list]


def queries(call):
    with CaptureQueriesContext(connection) as seen:
        call()
    return len(seen)


@pytest.fixture
def _three_a_page(monkeypatch):
    monkeypatch.setattr(JobAdmin, "list_per_page", 3)


@pytest.mark.usefixtures("_three_a_page")
def test_one_goes_down_page_by_page_and_up_again(root):
    ids = queued(8)[::-1]
    address, pages = addresses.jobs(), []
    while address:
        changelist = root.get(address).context["cl"]
        pages.append([job.pk for job in changelist.result_list])
        newer = changelist.newer_url
        address = changelist.older_url and addresses.jobs() + changelist.older_url
    assert pages == [ids[:3], ids[3:6], ids[6:]]

    up = root.get(addresses.jobs() + newer).context["cl"]
    assert [job.pk for job in up.result_list] == ids[3:6]
    top = root.get(addresses.jobs() + up.newer_url).context["cl"]
    assert [job.pk for job in top.result_list] == ids[:3]
    assert (top.newer_url, up.top_url) == (None, "?")


@pytest.mark.usefixtures("_three_a_page")
@pytest.mark.parametrize("asked", [{}, {"status": "queued"}, {"kind": "k"}])
def test_a_short_first_page_is_filled_up(root, asked):
    """New jobs came while somebody looked further down."""
    ids = queued(5)[::-1]

    changelist = root.get(addresses.jobs(**asked, after=ids[1])).context["cl"]

    assert [job.pk for job in changelist.result_list] == ids[:3]
    assert changelist.newer_url is None


@pytest.mark.usefixtures("_three_a_page")
def test_a_filter_begins_at_the_top(root):
    ids = queued(5)

    page = root.get(addresses.jobs(before=ids[2], below=ids[4])).content.decode()

    assert '<a href="?status=failed">' in page


@pytest.mark.parametrize("status", JobStatus)
def test_jobs_are_filtered_by_status(root, status):
    jobs = one_of_each()

    assert shown(root, addresses.jobs(status=status)) == [jobs[status]]


def test_jobs_are_filtered_by_kind_queue_tag_and_worker(root):
    queued(2)
    (mail,) = queued(kind="mail", queue="mail", tags=["a", "b"])
    (held,) = running(kind="held", priority=-1)
    worker_id = Job.objects.get(pk=held.id).leased_by

    assert shown(root, addresses.jobs(kind="mail")) == [mail]
    assert shown(root, addresses.jobs(queue="mail")) == [mail]
    assert shown(root, addresses.jobs(tag="a")) == [mail]
    assert shown(root, addresses.jobs(tag="c")) == []
    assert shown(root, addresses.jobs(worker=worker_id)) == [held.id]
    assert shown(root, addresses.jobs(kind="mail", queue="default")) == []
    assert shown(root, addresses.jobs(status="queued", tag="b")) == [mail]


def test_filters_offer_what_there_is(root, settings):
    settings.PYJOBKIT = {"QUEUES": ["default", "idle"]}
    queued(kind="seen", queue="old", tags=["nightly"])
    alive, stopped = worker(host="alive"), worker(host="gone", state="stopped")

    specs = root.get(addresses.jobs(kind="unseen")).context["cl"].filter_specs

    offered = {
        spec.parameter_name: [value for value, _ in spec.lookup_choices]
        for spec in specs
    }
    assert offered == {
        "made": ["10min", "1h", "24h", "7d"],
        "kind": ["seen", "unseen"],
        "queue": ["default", "idle", "old"],
        "tag": ["nightly"],
        "worker": [str(alive.pk)],
    }
    assert str(stopped.pk) not in str(offered)


def test_workers_are_offered_to_those_who_may_see_them(browse):
    there = worker()

    page = browse("view_job").get(addresses.jobs()).content.decode()

    assert str(there.pk) not in page


def test_jobs_are_filtered_by_when_they_were_made(root):
    (young,) = queued()
    old = first_job_id_at(time.time() - 3_660)
    Job.objects.filter(pk=queued()[0]).update(id=old)

    assert shown(root, addresses.jobs(made="1h")) == [young]
    assert shown(root, addresses.jobs(made="24h")) == [young, old]
    assert shown(root, addresses.jobs(made="1h", status="queued")) == [young]


def test_tabs_lead_to_each_status_within_the_other_filters(root):
    tabs = root.get(addresses.jobs(kind="k", status="failed")).context["cl"].status_tabs

    assert [tab.status for tab in tabs] == ["", *JobStatus]
    assert [tab.status for tab in tabs if tab.is_here] == ["failed"]
    assert tabs[0].url == "?kind=k"
    assert tabs[2].url == "?kind=k&status=queued"


def test_a_job_is_found_by_its_id_its_keys_and_its_kind(root):
    queued(2)
    (job_id,) = queued(kind="mail", idempotency_key="once", unique_key="one")

    for text in (job_id, job_id.hex, "once", "one", "mail", " mail "):
        assert shown(root, addresses.jobs(q=text)) == [job_id]
    for text in ("mai", "onc", "MAIL", "Once", "nothing"):
        assert shown(root, addresses.jobs(q=text)) == []


def test_a_search_by_key_leads_to_the_kind_of_that_name(root):
    (by_key,) = queued(unique_key="mail")
    (of_kind,) = queued(kind="mail")

    changelist = root.get(addresses.jobs(q="mail")).context["cl"]

    assert [job.pk for job in changelist.result_list] == [by_key]
    assert shown(root, addresses.jobs() + changelist.kind_url) == [of_kind]


def test_a_search_goes_together_with_filters(root):
    (job_id,) = queued(unique_key="one")

    assert shown(root, addresses.jobs(q="one", status="queued")) == [job_id]
    assert shown(root, addresses.jobs(q="one", status="failed")) == []
    assert shown(root, addresses.jobs(q="k", kind="other")) == []


def test_a_search_says_how_far_it_looked_and_goes_on(root, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 4)
    rare = [queued(kind="rare")[0], *queued(6), queued(kind="rare")[0]]

    first = root.get(addresses.jobs(kind="rare"))
    assert "Looked at the newest" in first.content.decode()
    further = addresses.jobs() + first.context["cl"].further_url
    second = root.get(further)

    assert shown(root, addresses.jobs(kind="rare")) == [rare[-1]]
    assert [job.pk for job in second.context["cl"].result_list] == [rare[0]]
    third = root.get(addresses.jobs() + second.context["cl"].further_url)
    assert third.context["cl"].further_url is None
    assert "There are no older ones." in third.content.decode()


def test_without_a_filter_every_job_is_in_reach(root, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 4)
    queued(9)

    page = root.get(addresses.jobs())

    assert page.context["cl"].further_url is None
    assert "Looked at" not in page.content.decode()


def test_unfinished_jobs_beyond_a_window_are_searched_like_others(root, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 4)
    ids = queued(9)[::-1]

    changelist = root.get(addresses.jobs(status="queued")).context["cl"]

    assert [job.pk for job in changelist.result_list] == ids[:4]
    assert changelist.further_url


def test_jobs_that_are_leased_and_not_started_count_as_queued(root):
    (job_id,) = queued()
    Job.objects.filter(pk=job_id).update(lease_until="2100-01-01T00:00Z")

    assert shown(root, addresses.jobs(status="queued")) == [job_id]
    assert shown(root, addresses.jobs(status="running")) == []


@pytest.mark.parametrize(
    "asked",
    [{}, {"status": "queued"}, {"status": "failed"}, {"kind": "k"}, {"q": "k"}],
    ids=str,
)
def test_a_list_takes_as_many_queries_whatever_it_holds(root, asked):
    def look():
        return root.get(addresses.jobs(**asked))

    look()
    job_of(JobStatus.FAILED)
    queued()
    few = queries(look)
    for _ in range(3):
        one_of_each()
    queued(110)

    assert queries(look) == few
    assert few <= 9


@pytest.mark.parametrize("view", ["change", "log"])
def test_a_job_s_page_takes_as_many_queries_whatever_it_holds(root, view):
    def look():
        return root.get(addresses.job(job_id, view))

    job_id = job_of(JobStatus.FAILED)
    look()
    few = queries(look)
    log(job_id, *["line"] * 150)
    queued(30, parent=job_id)

    assert queries(look) == few
    assert few <= 9


def test_the_workers_take_as_many_queries_however_many_they_are(root):
    def look():
        return root.get(addresses.workers())

    worker()
    look()
    few = queries(look)
    for _ in range(20):
        worker()

    assert queries(look) == few


def test_an_empty_list_says_so(root):
    assert "There are no jobs yet." in root.get(addresses.jobs()).content.decode()
    for asked in ({"kind": "nothing"}, {"q": "nothing"}):
        shown = root.get(addresses.jobs(**asked)).content.decode()
        assert "This search finds no job." in shown
        assert f'<a href="{addresses.jobs()}">Show all jobs</a>' in shown
