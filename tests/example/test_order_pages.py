from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from reports.models import ReportOrder
from reports.progress import HEADLINES, NOBODY_WORKS

from pyjobkit_django.contracts import WorkerBeat
from pyjobkit_django.models import Job, JobLog, WorkerRecord
from pyjobkit_django.outcomes import Failure, Outcome
from tests.stored_jobs import claimed

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]

ANSWERS = {"name": "June, Germany", "month": "2026-06", "country": "DE", "pace_s": "0"}
RESULT = {
    "revenue": "€17,946.50",
    "orders": 1_144,
    "rows": 6_000,
    "skipped": 10,
    "path": "/srv/elsewhere/june.md",
}


@pytest.fixture(autouse=True)
def reports_dir(settings, tmp_path):
    settings.REPORTS_DIR = tmp_path
    return tmp_path


@pytest.fixture
def order(client):
    """What ``client`` has ordered."""
    client.post("/order/", {**ANSWERS, "ticket": uuid4()})
    return ReportOrder.objects.get()


@pytest.fixture
def finished(order):
    """An order whose report is there."""
    _end(Outcome.success, RESULT)
    order.path.write_text("# Sales\n", encoding="utf-8")
    return order


def _end(outcome, *arguments):
    (job,) = claimed()
    assert Job.objects.settle([outcome(job, *arguments)])


def _progress(order, client):
    return client.get(f"/reports/{order.pk}/progress/").json()


def _page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


# Ordering.


def test_an_order_leads_to_its_page(client):
    answer = client.post("/order/", {**ANSWERS, "ticket": uuid4()}, follow=True)
    page = answer.content.decode()

    assert answer.redirect_chain == [
        (ReportOrder.objects.get().get_absolute_url(), 302)
    ]
    assert "june-germany" in page
    assert "Germany, June 2026" in page


def test_each_form_has_a_ticket_of_its_own_and_a_second_click_changes_nothing(client):
    tickets = {
        re.search(r'name="ticket" value="([^"]+)"', _page(client, "/order/"))[1]
        for _ in range(2)
    }
    form = {**ANSWERS, "ticket": tickets.pop()}
    pages = {client.post("/order/", form).url for _ in range(2)}

    assert len(tickets) == len(pages) == 1
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"name": ""}, "Give the report a name, for example june-germany."),
        ({"name": "日本"}, "Use some letters from a to z, or digits"),
        ({"name": "x" * 25}, "Make the name a little shorter: 24 characters"),
        ({"month": "1999-01"}, "There are no orders of that month"),
        ({"country": "XX"}, "We do not sell there"),
        ({"pace_s": "-1"}, "Choose one of the three paces."),
        ({"ticket": "nonsense"}, "This form was damaged; please load the page again."),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_kindly_beside_the_rest(
    client, answers, said
):
    answer = client.post("/order/", {**ANSWERS, "ticket": uuid4(), **answers})
    page = answer.content.decode()

    assert answer.status_code == 200
    assert said in page
    assert "Almost: please look at what is marked" in page
    assert "aria-invalid" in page or "ticket" in answers
    assert not Job.objects.exists()


# Watching.


def test_whoever_knows_the_link_may_watch_but_only_the_visitor_may_cancel(order):
    stranger = Client()

    assert "Cancel it" not in _page(stranger, order.get_absolute_url())
    assert _progress(order, stranger)["status"] == "queued"
    assert stranger.post(f"/reports/{order.pk}/cancel/").status_code == 404
    assert Job.objects.get().status == "queued"


@pytest.mark.parametrize("page", ["", "progress/", "file/"])
def test_an_id_that_was_guessed_leads_nowhere(client, order, page):
    for guess in (uuid4(), order.job_id):
        assert client.get(f"/reports/{guess}/{page}").status_code == 404


def test_the_list_shows_the_visitors_own_orders_alone(client, finished):
    assert "june-germany" in _page(client, "/reports/")
    assert "june-germany" not in _page(Client(), "/reports/")


def test_progress_tells_the_last_lines_of_a_running_job(client, order):
    (job,) = claimed()
    Job.objects.filter(pk=job.id).update(
        progress=0.25, progress_meta={"text": "1,500 of 6,000 rows"}
    )
    JobLog.objects.create(
        job_id=job.id,
        version=job.version,
        seq=1,
        lines=[[1.0 + line, "stdout", f"line {line}"] for line in range(20)],
    )
    told = _progress(order, client)

    assert (told["status"], told["attempts"]) == ("running", "1 of 3")
    assert (told["progress"], told["text"]) == (0.25, "1,500 of 6,000 rows")
    assert [line["text"] for line in told["lines"]] == [
        f"line {line}" for line in range(12, 20)
    ]
    assert not told["finished"]


def test_a_finished_order_tells_its_figures_and_not_where_the_file_is(client, finished):
    told = _progress(finished, client)

    assert told["finished"]
    assert told["ready"]
    assert told["result"] == {
        "revenue": "€17,946.50",
        "orders": "1,144",
        "rows": "6,000",
        "skipped": "10",
    }
    assert RESULT["path"] not in str(told)
    assert "17,946.50" in _page(client, finished.get_absolute_url())


def test_a_failed_order_tells_why(client, order):
    _end(Outcome.failed, Failure.of(OSError("no such file")))

    assert _progress(order, client)["reason"] == "no such file"
    assert "no such file" in _page(client, order.get_absolute_url())


@pytest.mark.parametrize(
    ("state", "headline"),
    [("running", HEADLINES["queued"]), ("stopped", NOBODY_WORKS), (None, NOBODY_WORKS)],
)
def test_a_queue_that_nobody_works_on_says_so(client, order, state, headline):
    if state:
        WorkerRecord.objects.beat(
            WorkerBeat(
                worker_id=uuid4(),
                host="here",
                pid=1,
                state=state,
                max_concurrency=8,
                busy=0,
                done=0,
                kinds=[],
                queues=[],
            )
        )

    assert _progress(order, client)["headline"] == headline


def test_without_a_script_the_page_loads_itself_again_until_the_end(client, order):
    refresh = '<noscript><meta http-equiv="refresh" content="3"></noscript>'

    assert refresh in _page(client, order.get_absolute_url())
    client.post(f"/reports/{order.pk}/cancel/")
    assert refresh not in _page(client, order.get_absolute_url())
    assert _progress(order, client)["status"] == "cancelled"


def test_an_order_outlives_its_job(client, finished):
    Job.objects.all().delete()

    assert _progress(finished, client)["status"] == "pruned"
    file = client.get(f"/reports/{finished.pk}/file/")
    assert b"".join(file.streaming_content) == b"# Sales\n"
    assert "Download" in _page(client, "/reports/")


# Fetching.


def test_a_report_is_fetched_under_the_name_it_was_given(client, finished):
    answer = client.get(f"/reports/{finished.pk}/file/")

    assert b"".join(answer.streaming_content) == b"# Sales\n"
    assert answer["Content-Disposition"] == 'attachment; filename="june-germany.md"'


def test_there_is_no_file_before_the_end(client, order):
    order.path.write_text("half of it", encoding="utf-8")

    assert client.get(f"/reports/{order.pk}/file/").status_code == 404


def test_a_file_that_belongs_to_no_order_cannot_be_fetched(client, reports_dir):
    (reports_dir / "demo.md").write_text("not ours", encoding="utf-8")

    for name in ("demo", "demo.md", "../demo.md", "..%2Fdemo.md"):
        assert client.get(f"/reports/{name}/file/").status_code == 404


# All pages.


def test_a_page_that_is_not_there_leads_back_to_those_that_are(
    client, settings, example
):
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [example / "config" / "templates"]}]

    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert 'href="/reports/"' in answer.content.decode()


@pytest.mark.parametrize("path", ["/", "/order/", "/reports/", "/notices/"])
def test_a_page_brings_no_inline_script_or_style_and_nothing_from_elsewhere(
    client, order, path
):
    for page in (_page(client, path), _page(client, order.get_absolute_url())):
        assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page) == []
        assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []


def test_the_admin_shows_orders_and_lets_nobody_change_them(admin_client, finished):
    page = _page(admin_client, "/admin/reports/reportorder/")

    assert f'<a href="{finished.job_url}">{finished.job_id}</a>' in page
    assert "Deskware administration" in page
    assert admin_client.get("/admin/reports/reportorder/add/").status_code == 403
    change = f"/admin/reports/reportorder/{finished.pk}/change/"
    assert 'name="_save"' not in _page(admin_client, change)
