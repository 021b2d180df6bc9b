from __future__ import annotations

from datetime import timedelta

import pytest

from pyjobkit_django.models import DatabaseNow, WorkerRecord
from tests.admin import addresses
from tests.admin.scenes import worker

pytestmark = pytest.mark.django_db


def test_workers_are_shown_the_last_heard_of_first(root):
    silent = worker(host="old")
    seen_at = DatabaseNow() - timedelta(minutes=9)
    WorkerRecord.objects.filter(pk=silent.pk).update(seen_at=seen_at)
    alive = worker(host="new", queues=(), tags=("a", "b"))

    page = root.get(addresses.workers())

    shown = page.content.decode()
    assert [each.pk for each in page.context["cl"].result_list] == [alive.pk, silent.pk]
    assert shown.index("alive") < shown.index("silent")
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
