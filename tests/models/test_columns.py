from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from pyjobkit_django.models import Job
from pyjobkit_django.models.columns import StatusLiteral
from tests.marks import committed, on_mariadb
from tests.stored_jobs import queued

pytestmark = committed

PARTIAL = connection.features.supports_partial_indexes
#: Name → (columns, the condition where there is one).
INDEXES = {
    "pyjobkit_job_claim": (
        ["lost_runs", "queue", "kind", "priority", "scheduled_for", "id"],
        ["lease_until", "is null", "status", "queued"],
    ),
    "pyjobkit_job_scheduled": (["scheduled_for"], ["status", "scheduled"]),
    "pyjobkit_job_leased": (["id"], ["lease_until", "is not null"]),
    "pyjobkit_job_failed": (["id"], ["status", "failed", "timeout"]),
}
PLAIN = {
    "pyjobkit_job_claim": ["status", *INDEXES["pyjobkit_job_claim"][0]],
    "pyjobkit_job_scheduled": ["status", "scheduled_for"],
    "pyjobkit_job_leased": ["lease_until"],
}
UNIQUE = {
    "pyjobkit_job_idempotency_key": "idempotency_key",
    "pyjobkit_job_unique_key": "unique_key",
}
DEFINITIONS = {
    "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = %s",
    "sqlite": "SELECT sql FROM sqlite_master WHERE name = %s",
}


def found():
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, Job._meta.db_table)


def definition(name):
    """Return what the database says an index is."""
    with connection.cursor() as cursor:
        cursor.execute(DEFINITIONS[connection.vendor], [name])
        return cursor.fetchone()[0].lower()


# Indexes.


@pytest.mark.skipif(not PARTIAL, reason="is about partial indexes")
@pytest.mark.parametrize("name", INDEXES)
def test_an_index_is_partial_where_it_can_be(name):
    columns, condition = INDEXES[name]

    assert found()[name]["columns"] == columns
    _, where, tail = definition(name).partition(" where ")
    assert where
    assert [word for word in condition if word not in tail] == []


@on_mariadb
def test_an_index_is_a_plain_one_elsewhere_or_none():
    indexes = found()

    assert {name: indexes[name]["columns"] for name in PLAIN} == PLAIN
    assert "pyjobkit_job_failed" not in indexes


def test_there_are_no_other_indexes():
    expected = {*(INDEXES if PARTIAL else PLAIN), *UNIQUE}

    named = {
        name
        for name, about in found().items()
        if not about["primary_key"] and not about["check"]
    }

    assert {name for name in named if not name.startswith("__")} == expected


@pytest.mark.parametrize("name", UNIQUE)
def test_a_key_is_unique_and_leaves_out_nulls_where_it_can(name):
    about = found()[name]

    assert (about["unique"], about["columns"]) == (True, [UNIQUE[name]])
    if PARTIAL:
        assert "is not null" in definition(name)


@pytest.mark.parametrize("column", UNIQUE.values())
def test_the_database_refuses_a_key_twice_and_takes_many_nulls(column):
    first, second, *_ = queued(4)
    Job.objects.filter(pk=first).update(**{column: "k"})

    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=second).update(**{column: "k"})


@pytest.mark.parametrize("thing", [*Job._meta.indexes, *Job._meta.constraints])
def test_what_a_migration_writes_makes_the_same_again(thing):
    _, args, options = thing.deconstruct()

    assert type(thing)(*args, **options) == thing


# Text.


@pytest.mark.parametrize("other", ["Mail", "maIl", "mail."])
def test_kinds_and_queues_differ_by_case(other):
    queued(kind="mail", queue="mail")

    assert not Job.objects.filter(kind=other).exists()
    assert not Job.objects.filter(queue=other).exists()
    assert Job.objects.filter(kind="mail", queue="mail").exists()


@pytest.mark.parametrize("column", UNIQUE.values())
def test_keys_differ_by_the_letter(column):
    keys = ["key", "Key", "key ", "kéy", "ke\u0301y"]
    ids = [queued(**{column: key})[0] for key in keys]

    assert len(set(ids)) == len(keys)
    assert [queued(**{column: key})[0] for key in keys] == ids


def test_a_status_in_the_statements_text_is_one_of_the_statuses():
    with pytest.raises(ValueError, match="'; --"):
        StatusLiteral("'; --").as_sql(None, connection)


# Times.


@pytest.mark.parametrize("end", [(1, 1, 1), (9999, 12, 31, 23, 59, 59, 999_999)])
def test_the_ends_of_time_are_kept(end):
    moment = datetime(*end, tzinfo=UTC)

    (job_id,) = queued(scheduled_for=moment)

    assert Job.objects.get(pk=job_id).scheduled_for == moment


# Tags.


@pytest.mark.parametrize("tags", [[], ["a"], ["b", "a", "b"], ["1", "2"], ["a.b-c_d"]])
def test_tags_come_back_as_they_were_in_order(tags):
    (job_id,) = queued(tags=tags)

    assert Job.objects.get(pk=job_id).tags == tuple(sorted(set(tags)))
    assert Job.objects.values_list("tags", flat=True).get() == tuple(sorted(set(tags)))


def test_tags_are_kept_when_a_job_is_saved_again():
    (job_id,) = queued(tags=["a", "b"])
    job = Job.objects.get(pk=job_id)

    job.save()
    job.refresh_from_db()

    assert job.tags == ("a", "b")


@pytest.mark.parametrize("tags", [["c"], ("c",), {"c"}, frozenset("c"), {"c": 1}])
def test_tags_may_be_set_as_any_collection(tags):
    (job_id,) = queued()

    Job.objects.filter(pk=job_id).update(tags=tags)

    assert Job.objects.get(pk=job_id).tags == ("c",)


def test_jobs_are_found_by_their_tags():
    (both,) = queued(tags=["a", "b"])
    (one,) = queued(tags=["b"])
    queued()

    assert ids(tags__has_key="a") == {both}
    assert ids(tags__has_key="b") == {both, one}
    assert ids(tags__has_any_keys=["a", "c"]) == {both}
    assert ids(tags__has_keys=["a", "b"]) == {both}
    assert ids(tags=["b"]) == {one}
    assert ids(tags__has_key="A") == set()


def ids(**conditions):
    return set(Job.objects.filter(**conditions).values_list("pk", flat=True))


# How rows read.


def test_rows_read_as_what_they_are():
    (job_id,) = queued(kind="mail")

    assert str(Job.objects.get()) == f"mail {job_id}"
