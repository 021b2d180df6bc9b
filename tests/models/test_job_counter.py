from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from pyjobkit_django.contracts import JobCount
from pyjobkit_django.models import JobCounter
from pyjobkit_django.models.job_counter import ALL_WORKERS, HOUR_S, MINUTE_S, QUARTER_S

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(  # noqa: TID251 - the database's is the same day
    second=0, microsecond=0
)
LONG_AGO = (NOW - timedelta(days=2)).replace(minute=0)


def counted(starts_at, count=1, **fields):
    return JobCount(
        **{
            "starts_at": starts_at,
            "queue": "default",
            "kind": "mail",
            "outcome": "success",
            "count": count,
            "waited": (count, 0, 0),
            "ran": (0, count, 0),
            **fields,
        }
    )


def stored():
    rows = JobCounter.objects.order_by("starts_at", "kind", "outcome")
    return [
        (row.seconds, row.starts_at, row.count, row.waited, row.ran) for row in rows
    ]


def test_a_minute_is_kept_as_it_was_counted():
    JobCounter.objects.record(uuid4(), [counted(NOW, 3)])

    (row,) = stored()
    assert row[:3] == (MINUTE_S, NOW, 3)
    assert row[3][0] == row[4][1] == 3


def test_a_write_that_is_repeated_changes_nothing():
    worker = uuid4()
    JobCounter.objects.record(worker, [counted(NOW, 3)])
    JobCounter.objects.record(worker, [counted(NOW, 3), counted(NOW, 1, kind="sms")])

    assert [row[2] for row in stored()] == [3, 1]


def test_workers_kinds_queues_and_outcomes_are_counted_apart():
    for worker in (uuid4(), uuid4()):
        JobCounter.objects.record(
            worker,
            [
                counted(NOW),
                counted(NOW, kind="Mail"),
                counted(NOW, queue="other"),
                counted(NOW, outcome="failed"),
            ],
        )

    assert JobCounter.objects.count() == 8


def test_minutes_of_more_than_a_day_ago_become_hours():
    minutes = [LONG_AGO + timedelta(minutes=minute) for minute in (0, 1, 59, 60)]
    for worker in (uuid4(), uuid4()):
        JobCounter.objects.record(worker, [counted(each, 2) for each in minutes])
    JobCounter.objects.record(uuid4(), [counted(NOW)])

    # Eight minutes make three quarters, and those two hours.
    assert JobCounter.objects.roll_up() == 11

    assert [row[:3] for row in stored()] == [
        (HOUR_S, LONG_AGO, 12),
        (HOUR_S, LONG_AGO + timedelta(hours=1), 4),
        (MINUTE_S, NOW, 1),
    ]
    assert stored()[0][3][:2] == [12, 0]
    assert stored()[0][4][:2] == [0, 12]
    assert set(
        JobCounter.objects.filter(seconds=HOUR_S).values_list("worker_id", flat=True)
    ) == {ALL_WORKERS}


def test_minutes_of_more_than_an_hour_ago_become_quarters():
    some_time_ago = (NOW - timedelta(hours=3)).replace(minute=15)
    for worker in (uuid4(), uuid4()):
        JobCounter.objects.record(worker, [counted(some_time_ago, 2)])
    JobCounter.objects.record(uuid4(), [counted(NOW - timedelta(minutes=61))])

    JobCounter.objects.roll_up()

    assert [row[:3] for row in stored()] == [
        (QUARTER_S, some_time_ago, 4),
        (MINUTE_S, NOW - timedelta(minutes=61), 1),
    ]


def test_minutes_that_arrive_late_are_added_to_their_hour():
    JobCounter.objects.record(uuid4(), [counted(LONG_AGO, 2)])
    JobCounter.objects.roll_up()
    JobCounter.objects.record(
        uuid4(), [counted(LONG_AGO, 5), counted(LONG_AGO, kind="x")]
    )
    JobCounter.objects.roll_up()

    assert [row[2] for row in stored()] == [7, 1]


@pytest.mark.django_db(transaction=True)
def test_workers_that_roll_up_at_once_count_nothing_twice():
    minutes = [LONG_AGO + timedelta(minutes=minute) for minute in range(120)]
    for _ in range(3):
        JobCounter.objects.record(uuid4(), [counted(each, 1) for each in minutes])
    errors = []

    def roll_up():
        try:
            JobCounter.objects.roll_up()
        except Exception as error:  # noqa: BLE001 - whichever it is
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=roll_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    JobCounter.objects.roll_up()  # what one passed over that another gave back

    assert errors == []
    assert [row[:3] for row in stored()] == [
        (HOUR_S, LONG_AGO, 180),
        (HOUR_S, LONG_AGO + timedelta(hours=1), 180),
    ]


def test_prune_forgets_the_counters_older_than_any_job_is_kept(settings):
    settings.PYJOBKIT = {
        **settings.PYJOBKIT,
        "RETENTION": dict.fromkeys(("success", "failed", "timeout", "cancelled"), 1),
    }
    JobCounter.objects.record(uuid4(), [counted(LONG_AGO), counted(NOW)])

    call_command("pyjobkit_prune", verbosity=0)

    assert [row[1] for row in stored()] == [NOW]


def test_where_a_status_is_kept_for_ever_so_are_the_counters(settings):
    settings.PYJOBKIT = {**settings.PYJOBKIT, "RETENTION": {"failed": None}}
    JobCounter.objects.record(uuid4(), [counted(LONG_AGO)])

    call_command("pyjobkit_prune", verbosity=0)

    assert len(stored()) == 1
