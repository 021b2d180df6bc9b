from __future__ import annotations

from datetime import timedelta

import pytest

from pyjobkit_django.models import DatabaseNow, WorkerRecord
from pyjobkit_django.monitor.workers import Presence, presence, workers
from tests.admin.scenes import worker

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "age_s", "expected"),
    [
        ("running", 0, Presence.ALIVE),
        ("running", 50, Presence.ALIVE),
        ("running", 70, Presence.SILENT),
        ("draining", 5, Presence.DRAINING),
        ("draining", 70, Presence.SILENT),
        ("stopped", 5, Presence.STOPPED),
        ("stopped", 9_000, Presence.STOPPED),
        ("something new", 5, Presence.ALIVE),
    ],
)
def test_a_worker_is_silent_two_leases_after_its_last_beat(state, age_s, expected):
    record = worker(state=state)
    seen_at = DatabaseNow() - timedelta(seconds=age_s)
    WorkerRecord.objects.filter(pk=record.pk).update(seen_at=seen_at)

    (found,) = workers()

    assert presence(found) is expected
