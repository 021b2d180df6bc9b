from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.models import DateTimeField, DurationField, F, Value
from django.test.utils import CaptureQueriesContext

from pyjobkit_django.models import DatabaseNow, Job
from pyjobkit_django.models.clock import seconds_from_now, seconds_until
from tests.marks import committed, on_mariadb, on_postgresql
from tests.stored_jobs import claimed, queued, running

pytestmark = committed

MOMENT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def now():
    return datetime.now(UTC)  # noqa: TID251 - the clock of this machine is the measure


def told(expression):
    """Return the moment that the database makes of an expression."""
    queued()
    return Job.objects.values_list(expression, flat=True).first()


def assert_is_now(moment):
    assert moment.utcoffset() == timedelta(0)
    assert abs((moment - now()).total_seconds()) < 2


def test_it_is_the_time_in_utc():
    assert_is_now(told(DatabaseNow()))


@on_mariadb
@pytest.mark.parametrize("zone", ["+05:00", "-11:00"])
def test_it_is_utc_on_mariadb_whatever_the_zone_of_the_session(zone):
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = %s", [zone])

    assert_is_now(told(DatabaseNow()))
    assert_is_now(stored_time())
    connection.close()


@on_postgresql
def test_it_is_the_same_moment_on_postgresql_in_any_zone(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "TIME_ZONE", "Asia/Tokyo")
    reconnect()

    with connection.cursor() as cursor:
        cursor.execute("SHOW TIME ZONE")
        assert cursor.fetchone() == ("Asia/Tokyo",)
    assert_is_now(told(DatabaseNow()).astimezone(UTC))
    assert_is_now(stored_time().astimezone(UTC))
    monkeypatch.undo()
    reconnect()


def reconnect():
    """Begin a session with the zone that the settings now name."""
    connection.close()
    for name in ("timezone", "timezone_name"):
        vars(connections["default"]).pop(name, None)


def stored_time():
    """Return the time that the database stored for a job it took in just now."""
    (job_id,) = queued()
    return Job.objects.get(pk=job_id).created_at


def test_stored_times_and_the_clock_compare():
    (job_id,) = queued()
    job = Job.objects.filter(pk=job_id)

    assert_is_now(job.get().created_at)
    assert job.filter(created_at__lte=DatabaseNow()).exists()
    assert not job.filter(created_at__gt=DatabaseNow()).exists()
    assert job.filter(created_at__gt=seconds_from_now(-60)).exists()
    assert job.filter(created_at__lt=seconds_from_now(60)).exists()


def test_times_of_python_and_of_the_database_compare():
    ahead, behind = now() + timedelta(seconds=2), now() - timedelta(seconds=2)
    queued(scheduled_for=ahead)
    queued(scheduled_for=behind)

    statuses = Job.objects.order_by("scheduled_for").values_list("status", flat=True)

    assert list(statuses) == ["queued", "scheduled"]


@on_postgresql
def test_it_moves_on_within_a_transaction():
    with transaction.atomic():
        assert told(DatabaseNow()) < told(DatabaseNow())


def test_statements_with_it_can_be_shown():
    """SQLite's format signs were lost when DEBUG recorded the statement."""
    with CaptureQueriesContext(connection) as queries:
        queued(kind="shown")
        (job,) = claimed()

    assert job.kind == "shown"
    assert any("shown" in query["sql"] for query in queries)


@pytest.mark.parametrize(
    "wait", [90, 90.0, timedelta(seconds=90), Value(timedelta(0, 90), DurationField())]
)
def test_a_moment_ahead_is_so_many_seconds_from_now(wait):
    moment = told(seconds_from_now(wait))

    assert 88 < (moment - now()).total_seconds() < 92


def test_a_negative_wait_lies_behind():
    assert_is_now(told(seconds_from_now(-3600)) + timedelta(hours=1))


@pytest.mark.parametrize("seconds", [0.001, 0.25, 1.5])
def test_parts_of_a_second_count(seconds):
    (job,) = running()
    row = Job.objects.filter(pk=job.id)
    row.update(scheduled_for=DatabaseNow())
    before = row.get().scheduled_for

    row.update(scheduled_for=F("scheduled_for") + timedelta(seconds=seconds))

    assert (row.get().scheduled_for - before).total_seconds() == pytest.approx(seconds)


def test_the_output_is_a_time():
    assert isinstance(DatabaseNow().output_field, DateTimeField)
    assert isinstance(seconds_from_now(1).output_field, DateTimeField)


def test_the_seconds_until_a_moment_are_never_negative():
    assert seconds_until(MOMENT + timedelta(seconds=1.5), MOMENT) == 1.5
    assert seconds_until(MOMENT, MOMENT) == 0.0
    assert seconds_until(MOMENT - timedelta(days=1), MOMENT) == 0.0
