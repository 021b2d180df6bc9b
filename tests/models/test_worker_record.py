from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from pyjobkit_django.contracts import WorkerBeat
from pyjobkit_django.models import DatabaseNow, WorkerRecord

pytestmark = pytest.mark.django_db


def beat(worker_id, **changes):
    about = {
        "host": "box",
        "pid": 7,
        "state": "running",
        "max_concurrency": 8,
        "busy": 0,
        "done": 0,
        "kinds": ("mail",),
        "queues": ("default",),
        "tags": ("fast",),
    }
    WorkerRecord.objects.beat(WorkerBeat(worker_id=worker_id, **{**about, **changes}))


def test_the_first_sign_of_life_tells_who_the_worker_is():
    worker_id = uuid4()

    beat(worker_id)

    record = WorkerRecord.objects.get(pk=worker_id)
    assert str(record) == "box:7"
    assert (record.state, record.max_concurrency) == ("running", 8)
    assert (record.kinds, record.queues, record.tags) == (
        ["mail"],
        ["default"],
        ["fast"],
    )
    assert abs(record.started_at - record.seen_at) < timedelta(seconds=1)


def test_later_ones_update_the_record_and_keep_its_start():
    worker_id = uuid4()
    beat(worker_id)
    record = WorkerRecord.objects.filter(pk=worker_id)
    long_ago = DatabaseNow() - timedelta(hours=1)
    record.update(started_at=long_ago, seen_at=long_ago)
    started_at = record.get().started_at

    beat(worker_id, busy=3, done=2**40, state="draining")

    again = record.get()
    assert (again.busy, again.done, again.state) == (3, 2**40, "draining")
    assert again.started_at == started_at
    assert again.seen_at > started_at + timedelta(minutes=59)


def test_one_that_was_asked_to_drain_is_told_until_it_has_stopped():
    asked, stopped = uuid4(), uuid4()
    beat(asked, peak_memory_bytes=2**40, release="1.2")
    beat(stopped, state="stopped")
    objects = WorkerRecord.objects

    assert objects.ask_to_drain(asked)
    assert not objects.ask_to_drain(stopped)
    assert not objects.ask_to_drain(uuid4())

    record = objects.get(pk=asked)
    assert (record.peak_memory_bytes, record.release) == (2**40, "1.2")
    assert record.drain_requested


def test_workers_have_records_of_their_own():
    beat(uuid4())
    beat(uuid4())

    assert WorkerRecord.objects.count() == 2


def test_the_silent_are_forgotten_and_the_others_are_not():
    silent, alive = uuid4(), uuid4()
    beat(silent)
    beat(alive)
    WorkerRecord.objects.filter(pk=silent).update(
        seen_at=DatabaseNow() - timedelta(minutes=2)
    )

    assert WorkerRecord.objects.forget(timedelta(minutes=1)) == 1

    assert WorkerRecord.objects.get().pk == alive
