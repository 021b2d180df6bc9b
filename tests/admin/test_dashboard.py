from __future__ import annotations

import math
import random
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pyjobkit_django.admin import dashboard_admin
from pyjobkit_django.contracts import JobCount
from pyjobkit_django.histograms import BUCKETS, bucket_of
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job, JobCounter
from pyjobkit_django.models.clock import database_now
from pyjobkit_django.models.job_counter import MINUTE_S, beginning
from pyjobkit_django.monitor import backlog as backlog_module
from pyjobkit_django.monitor.figures import RANGES, forget_overviews, overview
from pyjobkit_django.outcomes import Failure, Outcome
from pyjobkit_django.worker.tally import Tally
from tests.admin import addresses
from tests.admin.scenes import job_of, one_of_each, worker
from tests.stored_jobs import running

pytestmark = pytest.mark.django_db


@pytest.fixture
def minute(db, monkeypatch):
    """When the last minute that is over began; it stays the last during the test."""
    now = database_now("default")
    monkeypatch.setattr(dashboard_admin, "database_now", lambda alias: now)
    return beginning(now, MINUTE_S) - timedelta(minutes=1)


def count(starts_at, *, times=1, waited=0.01, ran=0.1, **fields):
    """Store a counter whose jobs all waited and ran alike."""
    histograms = [[0] * BUCKETS, [0] * BUCKETS]
    for histogram, seconds in zip(histograms, (waited, ran), strict=True):
        histogram[bucket_of(seconds)] = times
    given = {"queue": "default", "kind": "k", "outcome": "success", **fields}
    counted = JobCount(
        starts_at=starts_at,
        count=times,
        waited=tuple(histograms[0]),
        ran=tuple(histograms[1]),
        **given,
    )
    JobCounter.objects.record(uuid4(), [counted])


def charts(client, **asked):
    return client.get(addresses.dashboard_data(**asked)).json()["charts"]


def series(chart):
    return {each["name"]: each["values"] for each in chart}


def test_a_minute_shows_up_as_the_last_one_of_the_hour(root, minute):
    count(minute, times=6)
    count(minute - timedelta(minutes=1), times=2, outcome="failed", ran=3.0)
    count(minute - timedelta(minutes=60), times=9)

    shown = charts(root)

    throughput = series(shown["throughput"])
    assert throughput["success"][-2:] == [0, 6]
    assert throughput["failed"][-2:] == [2, 0]
    assert sum(map(sum, throughput.values())) == 8
    assert shown["times"][-1] == minute.timestamp()
    assert [bucket_of(each) for each in series(shown["ran"])["p50"][-2:]] == [12, 7]
    assert series(shown["waited"])["p95"][-3] is None


def test_unknown_outcomes_are_counted_together(root, minute):
    count(minute, outcome="snooze")
    count(minute, outcome="release", times=2)

    assert series(charts(root)["throughput"])["other"][-1] == 3


@pytest.mark.parametrize(("name", "bins"), [("1h", 60), ("24h", 96), ("7d", 168)])
def test_a_range_has_its_bins_and_no_more(root, minute, name, bins):
    for ago in range(0, 9 * 24 * 60, 173):
        count(minute - timedelta(minutes=ago))

    shown = charts(root, range=name)

    assert len(shown["times"]) == bins
    assert {len(each["values"]) for each in shown["throughput"]} == {bins}
    assert shown["is_empty"] is False


@pytest.mark.parametrize("name", RANGES)
def test_rolling_up_changes_no_sum(minute, name):
    for ago in range(0, 6 * 24 * 60, 97):
        count(minute - timedelta(minutes=ago), times=2)
    now = database_now("default")
    before = [each.figures.total for each in overview(RANGES[name], now).bins]

    assert JobCounter.objects.roll_up()
    forget_overviews()

    after = [each.figures.total for each in overview(RANGES[name], now).bins]
    assert after == before
    assert sum(after) > 0


def test_numbers_are_kept_until_there_are_new_ones(minute):
    count(minute)
    now = minute + timedelta(minutes=1)
    first = overview(RANGES["1h"], now)

    assert overview(RANGES["1h"], now + timedelta(seconds=30)) is first
    assert overview(RANGES["1h"], now + timedelta(minutes=1)) is not first
    count(minute)
    assert overview(RANGES["1h"], now).whole.total == 2


def test_a_rate_is_that_of_the_minutes_that_are_over(minute):
    count(minute, times=7)
    quarter = overview(RANGES["24h"], minute + timedelta(minutes=1)).bins[-1]
    if not quarter.minutes:  # it has only just begun
        return

    assert quarter.per_minute("success") == 7 / quarter.minutes


@pytest.mark.parametrize("asked", ["", "x", "7d'", "%00"])
def test_a_range_that_there_is_not_is_the_hour(root, asked):
    assert len(charts(root, range=asked)["times"]) == 60


@pytest.mark.slow
def test_percentiles_are_those_of_the_jobs_to_one_bucket(minute):
    """Against exact ones, from the jobs themselves."""
    chance = random.Random(5)
    tally = Tally(minute.timestamp)
    exact = {"waited": [], "ran": []}
    jobs = {job.id: job for job in running(300)}
    Job.objects.settle([Outcome.success(job, None) for job in jobs.values()])
    rows = Job.objects.filter(pk__in=jobs)
    for row in (changed := list(rows)):
        waited, ran = (timedelta(seconds=chance.lognormvariate(-1, 2)) for _ in "ab")
        row.started_at = row.finished_at - ran
        row.scheduled_for = row.started_at - waited
    Job.objects.bulk_update(changed, ["scheduled_for", "started_at"], batch_size=100)
    for row in rows.all():
        waited_s = (row.started_at - row.scheduled_for).total_seconds()
        ran_s = (row.finished_at - row.started_at).total_seconds()
        exact["waited"].append(waited_s)
        exact["ran"].append(ran_s)
        tally.add(jobs[row.pk]._replace(waited_s=waited_s), "success", ran_s)
    JobCounter.objects.record(uuid4(), tally.all())

    figures = overview(RANGES["1h"], minute + timedelta(minutes=1)).bins[-1].figures

    for share in (0.5, 0.95):
        for told, times in (
            (figures.waited_s(share), exact["waited"]),
            (figures.ran_s(share), exact["ran"]),
        ):
            precise = sorted(times)[math.ceil(share * len(times)) - 1]
            assert bucket_of(told) == bucket_of(precise)


def test_the_lists_tell_of_queues_workers_kinds_and_failures(root, minute):
    one_of_each(queue="reports")
    count(minute, times=3, kind="busy.kind")
    count(minute, times=1, kind="busy.kind", outcome="failed")
    worker(host="alive-one", busy=3)
    worker(host="gone-one", state="stopped")

    parts = root.get(addresses.dashboard_data()).json()["parts"]

    assert "reports" in parts["queues"]
    assert "25.0 %" in parts["kinds"]
    assert "busy.kind" in parts["kinds"]
    assert "alive-one" in parts["workers"]
    assert "gone-one" not in parts["workers"]
    assert "ValueError" in parts["failures"]
    assert "3 / 8" in parts["tiles"]
    assert parts["tiles"].count("pyjobkit-tile-bad") == 1


def test_the_charts_come_as_a_table_where_that_is_asked_for(root, minute):
    count(minute, times=1234, outcome="retry", ran=2.5)

    plain = root.get(addresses.dashboard())
    table = root.get(addresses.dashboard(table=1))

    assert "table=1" in plain.context["data"]["parts"]["numbers"]
    assert 'class="pyjobkit-numbers" open' in table.content.decode()
    assert table.context["data"]["parts"]["numbers"].count("<tr>") == 3
    assert "1,234" in table.context["data"]["parts"]["numbers"]


def test_counting_stops_somewhere(root, monkeypatch):
    monkeypatch.setattr(backlog_module, "CAP", 3)
    for _ in range(5):
        job_of(JobStatus.QUEUED)

    parts = root.get(addresses.dashboard_data()).json()["parts"]

    assert "3+" in parts["queues"]
    assert "≥" in parts["queues"]
    assert "3+" in parts["tiles"]


def test_errors_that_differ_in_numbers_only_are_one(root):
    for number in range(3):
        (job,) = running(1, priority=-1)
        failure = Failure(error="x", exception_type="E", message=f"order {number} lost")
        Job.objects.settle([Outcome.failed(job, failure)])

    page = root.get(addresses.dashboard())

    shown = page.content.decode()
    assert "order 2 lost" in shown
    assert "order 1 lost" not in shown
    assert page.context["data"]["parts"]["failures"].count("<tr>") == 2


def test_a_hostile_job_is_text(root, minute):
    count(minute, kind="<script>1</script>")
    (job,) = running(1)
    failure = Failure(
        error="x", exception_type="<b>E", message="password=hunter2 <img>"
    )
    Job.objects.settle([Outcome.failed(job, failure)])
    worker(host="<script>2</script>")

    for page in (addresses.dashboard(), addresses.dashboard_data()):
        shown = root.get(page).content.decode()
        assert "<script>1" not in shown
        assert "<script>2" not in shown
        assert "<img>" not in shown
        assert "hunter2" not in shown


def test_an_empty_site_says_so(root):
    page = root.get(addresses.dashboard())

    shown = page.content.decode()
    assert page.context["data"]["charts"]["is_empty"]
    assert '<p class="pyjobkit-no-runs">' in shown
    assert "No worker is alive" in shown
    assert "No job has failed" in shown


def test_whoever_may_not_see_workers_sees_none_here(browse):
    worker(host="secret-host")

    page = browse("view_job").get(addresses.dashboard())

    assert page.status_code == 200
    assert "secret-host" not in page.content.decode()
    assert addresses.workers() not in page.content.decode()


def test_the_admins_index_leads_to_it(browse):
    index = browse("view_job").get("/admin/").content.decode()

    assert addresses.dashboard() in index


def test_nothing_on_the_page_is_inline_but_data(root):
    page = root.get(addresses.dashboard()).content.decode()
    ours = page[page.index("pyjobkit-dash") :]

    assert " style=" not in ours
    assert re.search(r"<[^>]*\son\w+=", ours) is None
    assert ours.count("<script") == ours.count("<script src=") + ours.count(
        'type="application/json"'
    )


def test_the_number_of_queries_does_not_grow(root, minute):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert root.get(addresses.dashboard_data()).status_code == 200
        return len(captured)

    few = queries()
    for number in range(30):
        one_of_each(kind=f"k{number}")
        worker(host=f"host-{number}")
        count(minute, kind=f"k{number}")

    assert queries() == few <= 13
