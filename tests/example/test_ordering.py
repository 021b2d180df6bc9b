from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connections
from reports.models import ReportOrder
from reports.options import ReportOptions
from reports.ordering import Wish, place_order

from pyjobkit_django import get_job
from pyjobkit_django.models import Job
from tests.stored_jobs import undone

WISH = Wish(name="june", month="2026-06", country="DE", pace_s=0.5)

pytestmark = pytest.mark.urls("config.urls")


@pytest.mark.django_db
def test_an_order_is_stored_with_a_job_that_makes_what_was_asked_for():
    order = place_order(WISH, visitor=uuid4(), ticket=uuid4())
    job = get_job(order.job_id)

    assert ReportOptions.from_payload(job["payload"]) == ReportOptions(
        name=f"june-{order.id.hex}", month="2026-06", country="DE", pace_s=0.5
    )
    assert (job["kind"], job["queue"]) == ("reports.sales", "reports")
    assert job["webhooks"] == {}


@pytest.mark.django_db
def test_a_transaction_that_is_rolled_back_takes_the_order_and_its_job():
    with undone():
        place_order(WISH, visitor=uuid4(), ticket=uuid4())
        assert ReportOrder.objects.exists()
        assert Job.objects.exists()

    assert not ReportOrder.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_the_longest_name_is_one_that_a_report_can_have():
    order = place_order(Wish(name="x" * 24), visitor=uuid4(), ticket=uuid4())

    ReportOptions.from_payload(get_job(order.job_id)["payload"])


@pytest.mark.django_db
def test_a_late_export_fails_twice_and_is_tried_thrice():
    order = place_order(replace(WISH, late=True), visitor=uuid4(), ticket=uuid4())
    job = get_job(order.job_id)

    assert (job["payload"]["fail_times"], job["max_attempts"]) == (2, 3)


@pytest.mark.django_db
def test_the_end_of_a_job_is_told_to_this_site_and_not_to_a_forged_host(settings):
    settings.SITE_URL = "http://127.0.0.1:8123"
    order = place_order(replace(WISH, notify=True), visitor=uuid4(), ticket=uuid4())

    assert set(get_job(order.job_id)["webhooks"].values()) == {
        "http://127.0.0.1:8123/notices/receive/"
    }


@pytest.mark.django_db
def test_the_same_form_sent_twice_is_one_order_and_one_job():
    visitor, ticket = uuid4(), uuid4()
    first = place_order(WISH, visitor=visitor, ticket=ticket)

    assert place_order(WISH, visitor=visitor, ticket=ticket) == first
    assert Job.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["answers", "visitor", "ticket"])
def test_whatever_else_is_sent_is_another_order(change):
    given = {"visitor": uuid4(), "ticket": uuid4()}
    first = place_order(WISH, **given)
    wish = replace(WISH, country="FR") if change == "answers" else WISH
    second = place_order(wish, **(given | {change: uuid4()} if wish is WISH else given))

    assert second != first
    assert Job.objects.count() == 2


@pytest.mark.django_db(transaction=True, available_apps=["pyjobkit_django", "reports"])
def test_two_clicks_at_the_same_moment_are_one_order():
    visitor, ticket = uuid4(), uuid4()
    together = Barrier(2)

    def click(_):
        try:
            together.wait()
            return place_order(WISH, visitor=visitor, ticket=ticket).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(click, range(2))

    assert first == second
    assert Job.objects.count() == ReportOrder.objects.count() == 1
