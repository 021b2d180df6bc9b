from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError, IntegrityError, connection, transaction
from django.db.utils import ConnectionHandler

from pyjobkit_django import cancel, enqueue, enqueue_many, requeue, run_now
from pyjobkit_django.backends.orm import DjangoBackend, moves, wakeups
from pyjobkit_django.backends.orm.deadlines import Deadlines
from pyjobkit_django.backends.orm.wakeups import (
    Announcement,
    announce,
    listen,
    parse,
)
from pyjobkit_django.contracts import Wakeup, WakeupKind, WorkerBeat
from pyjobkit_django.models import Job
from pyjobkit_django.models.clock import seconds_from_now
from pyjobkit_django.outcomes import Failure, Outcome
from tests.marks import committed, on_postgresql
from tests.stored_jobs import elsewhere, running, undone

if connection.vendor == "postgresql":
    from tests.backends.orm.ear import Ear

pytestmark = committed

DEADLINES = Deadlines("default", 30)

QUEUED = Wakeup(WakeupKind.QUEUED, "default")
BROKEN = Failure.of(ValueError("broken"))


@pytest.fixture
def ear():
    with Ear() as ear:
        yield ear


@contextmanager
def notifies():
    """Gather the statements that wake workers up."""
    seen = []

    def note(execute, sql, params, many, context):
        if "notify" in sql.lower():
            seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


# When.


@on_postgresql
def test_a_job_wakes_the_workers_of_its_queue(ear):
    enqueue("k", queue="mail")

    assert ear.heard() == ["queued:mail"]


@on_postgresql
def test_workers_are_woken_by_the_commit_and_not_before(ear):
    with transaction.atomic():
        enqueue("k")
        assert ear.heard() == []

    assert ear.heard() == ["queued:default"]


@on_postgresql
def test_a_transaction_wakes_each_queue_once_in_one_statement(ear):
    with notifies() as statements, transaction.atomic():
        for _ in range(10):
            enqueue("k")
            enqueue_many([{"kind": "k", "queue": "mail"}] * 10)

    assert ear.heard() == ["queued:default", "queued:mail"]
    assert len(statements) == 1


@on_postgresql
def test_a_transaction_that_is_rolled_back_wakes_nobody(ear):
    with undone():
        enqueue("k")

    assert ear.heard() == []


@on_postgresql
def test_a_savepoint_that_is_rolled_back_wakes_nobody(ear):
    with transaction.atomic():
        with undone():
            enqueue("k")
        enqueue("k", queue="mail")

    assert ear.heard() == ["queued:mail"]


@on_postgresql
@pytest.mark.parametrize("savepoint", [True, False])
def test_savepoints_that_hold_share_the_one_statement(ear, savepoint):
    with notifies() as statements, transaction.atomic():
        with transaction.atomic(savepoint=savepoint):
            enqueue("k")
        with transaction.atomic(savepoint=savepoint):
            enqueue("k", queue="mail")
        enqueue("k", queue="reports")

    assert ear.heard() == ["queued:default", "queued:mail", "queued:reports"]
    assert len(statements) == 1


@on_postgresql
def test_a_savepoint_within_a_rolled_back_one_wakes_nobody(ear):
    with transaction.atomic():
        with undone():
            with transaction.atomic():
                enqueue("k")
            enqueue("k")
        with transaction.atomic():
            enqueue("k", queue="mail")

    assert ear.heard() == ["queued:mail"]


@on_postgresql
def test_a_job_enqueued_once_another_transaction_has_committed_wakes_too(ear):
    with transaction.atomic():
        transaction.on_commit(partial(enqueue, "k", queue="reports"))
        enqueue("k")

    assert ear.heard() == ["queued:reports", "queued:default"]


@on_postgresql
def test_one_transaction_after_another_each_wakes(ear):
    for _ in range(2):
        with transaction.atomic():
            enqueue("k")
        assert ear.heard() == ["queued:default"]


@on_postgresql
def test_a_site_that_commits_by_hand_wakes_by_its_commit(ear):
    transaction.set_autocommit(False)
    try:
        enqueue("k")
        assert ear.heard() == []
        transaction.commit()
        assert ear.heard() == ["queued:default"]
    finally:
        transaction.set_autocommit(True)


@on_postgresql
@pytest.mark.parametrize("surroundings", [nullcontext, transaction.atomic])
def test_a_wake_up_that_fails_is_logged_and_the_job_stands(
    caplog, monkeypatch, surroundings
):
    monkeypatch.setattr(Announcement, "payloads", ["p" * 8_000])

    with surroundings():
        job_id = enqueue("k")

    assert [job.pk for job in Job.objects.all()] == [job_id]
    assert "workers not woken" in caplog.text
    assert "payload string too long" in caplog.text


@on_postgresql
def test_a_job_of_its_own_transaction_is_one_round_trip(django_assert_num_queries):
    with django_assert_num_queries(1):
        enqueue("k")
    with django_assert_num_queries(1):
        enqueue_many([{"kind": "k"}] * 3)


@on_postgresql
@pytest.mark.parametrize(
    ("fields", "error"), [({"payload": {"k": "\x00"}}, DataError), ({}, IntegrityError)]
)
def test_a_job_that_is_refused_wakes_nobody_and_leaves_the_connection_well(
    ear, fields, error
):
    spec = moves.JobSpec(kind="k")
    moves.enqueue([spec])
    ear.heard()

    with pytest.raises(error):
        moves.enqueue([replace(spec, id=spec.id if not fields else uuid4(), **fields)])

    assert Job.objects.count() == 1
    assert ear.heard() == []


@on_postgresql
def test_parameters_that_the_server_binds_go_one_statement_at_a_time(ear, monkeypatch):
    monkeypatch.setattr(connection.features, "uses_server_side_binding", True)

    with notifies() as statements:
        enqueue("k")

    assert ear.heard() == ["queued:default"]
    assert not any("INSERT" in statement for statement in statements)


@on_postgresql
@pytest.mark.parametrize("surroundings", [nullcontext, transaction.atomic])
def test_a_site_that_wants_no_wake_ups_sends_none(ear, settings, surroundings):
    settings.PYJOBKIT = {**settings.PYJOBKIT, "NOTIFY": False}

    with surroundings():
        enqueue("k")

    assert Job.objects.count() == 1
    assert ear.heard() == []


# Of what.


@on_postgresql
def test_of_jobs_that_are_due_later_the_soonest_is_told(ear):
    """PostgreSQL selects no more than 1,664 things at once."""
    start = datetime.now(UTC) + timedelta(hours=1)  # noqa: TID251 - hours away

    enqueue_many(
        {"kind": "k", "scheduled_for": start + timedelta(seconds=(n * 7) % 2_000)}
        for n in range(2_000)
    )

    (heard,) = ear.heard()
    kind, _, seconds = heard.partition(":")
    assert kind == "scheduled"
    assert 3_500 < float(seconds) <= 3_600


@on_postgresql
def test_however_many_cancels_are_told(ear):
    cancels = [Wakeup(WakeupKind.CANCEL, str(uuid4())) for _ in range(2_000)]

    announce("default", *cancels)

    assert ear.heard() == [f"cancel:{wakeup.value}" for wakeup in cancels]


@on_postgresql
def test_a_job_that_was_due_long_ago_is_due_now(ear):
    enqueue("k", scheduled_for=datetime(2020, 1, 1, tzinfo=UTC))

    assert ear.heard() == ["scheduled:0.000"]


@on_postgresql
def test_only_the_cancel_of_a_running_job_is_told(ear):
    (job,) = running()
    waiting = Job.objects.enqueue([moves.JobSpec(kind="k")])[0]
    ear.heard()

    cancel(waiting)
    cancel(job.id)

    assert ear.heard() == [f"cancel:{job.id}"]


@on_postgresql
def test_a_requeued_job_is_told_and_a_refused_one_is_not(ear):
    (job_id,) = Job.objects.enqueue([moves.JobSpec(kind="k")])
    assert moves.requeue([job_id]) == frozenset()
    cancel(job_id)

    requeue(job_id)

    assert ear.heard() == ["queued:"]


@on_postgresql
def test_a_job_that_is_run_now_is_told_and_a_refused_one_is_not(ear):
    (waiting,) = Job.objects.enqueue([moves.JobSpec(kind="k")])
    assert moves.run_now([waiting]) == frozenset()
    (later,) = Job.objects.enqueue(
        [moves.JobSpec(kind="k", scheduled_for=datetime(2100, 1, 1, tzinfo=UTC))]
    )

    run_now(later)

    assert ear.heard() == ["queued:"]


@on_postgresql
def test_what_promote_and_reap_move_is_told(ear):
    moves.promote()
    moves.reap()
    assert ear.heard() == []

    (job,) = running()
    Job.objects.filter(pk=job.id).update(lease_until=seconds_from_now(-1))
    moves.reap()
    Job.objects.update(status="scheduled")
    moves.promote()

    assert ear.heard() == ["queued:", "queued:"]


@on_postgresql
@pytest.mark.parametrize(
    ("end", "told"),
    [
        (lambda job: Outcome.success(job, None), []),
        (lambda job: Outcome.retry(job, BROKEN, 0.0), ["queued:"]),
        (lambda job: Outcome.retry(job, BROKEN, 2.5), ["scheduled:2.500"]),
        (Outcome.release, ["queued:"]),
        (
            lambda job: Outcome.success(
                job, None, [moves.JobSpec(kind="k", queue="mail")]
            ),
            ["queued:mail"],
        ),
    ],
    ids=["success", "retry at once", "retry later", "release", "follow-up"],
)
def test_the_end_of_a_run_tells_what_it_makes_due(ear, end, told):
    (job,) = running()

    moves.settle([end(job)])

    assert ear.heard() == told


# To whom.


@on_postgresql
@pytest.mark.usefixtures("callers_thread")
async def test_who_listens_is_told_to_look_at_first_and_then_hears_the_others():
    heard = asyncio.Queue()
    listening = asyncio.create_task(listen("default", heard.put_nowait, DEADLINES))
    assert await heard.get() == Wakeup(WakeupKind.QUEUED)

    await asyncio.to_thread(elsewhere, partial(enqueue, "k", queue="mail"))
    assert await heard.get() == Wakeup(WakeupKind.QUEUED, "mail")

    beat = _beat()
    await DjangoBackend().heartbeat(beat)
    assert await heard.get() == Wakeup(WakeupKind.PROBE, str(beat.worker_id))
    await _stop(listening)


@on_postgresql
async def test_wake_ups_that_come_together_are_heard_together_by_a_loop_that_is_slow():
    count = 2_000
    turns, heard_in = 0, []

    def turn():
        nonlocal turns
        turns += 1
        time.sleep(0.001)
        if len(heard_in) <= count:
            loop.call_soon(turn)

    loop = asyncio.get_running_loop()
    first = asyncio.Event()

    def hear(_):
        heard_in.append(turns)
        first.set()

    listening = asyncio.create_task(listen("default", hear, DEADLINES))
    await first.wait()
    burst = [Wakeup(WakeupKind.CANCEL, str(number)) for number in range(count)]
    loop.call_soon(turn)
    await asyncio.to_thread(elsewhere, partial(announce, "default", *burst))
    while len(heard_in) <= count:
        await asyncio.sleep(0)

    assert heard_in[-1] - heard_in[1] < count / 4
    await _stop(listening)


@on_postgresql
@pytest.mark.usefixtures("callers_thread")
async def test_who_listens_is_told_when_the_connection_is_lost():
    heard = asyncio.Queue()
    listening = asyncio.create_task(listen("default", heard.put_nowait, DEADLINES))
    await heard.get()

    await sync_to_async(_cut_off_listeners)()

    with pytest.raises(Exception, match="terminat"):
        await listening


@pytest.mark.usefixtures("callers_thread")
async def test_there_is_nothing_to_listen_to_elsewhere_or_when_switched_off():
    if connection.vendor != "postgresql":
        await DjangoBackend().listen(pytest.fail)
    await DjangoBackend(notify=False).listen(pytest.fail)


def test_a_site_that_has_no_database_yet_does_not_speak_psycopg(monkeypatch):
    monkeypatch.setattr(wakeups, "connections", ConnectionHandler({"default": {}}))

    assert not wakeups.speaks_psycopg("default")


@pytest.mark.skipif(connection.vendor == "postgresql", reason="is about the others")
def test_announcing_asks_other_databases_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        announce("default", QUEUED)


def test_announcing_nothing_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        announce("default")


@pytest.mark.parametrize(
    ("payload", "wakeup"),
    [
        ("queued:mail", Wakeup(WakeupKind.QUEUED, "mail")),
        ("queued:", Wakeup(WakeupKind.QUEUED)),
        ("scheduled:2.500", Wakeup(WakeupKind.SCHEDULED, "2.500")),
        ("cancel:a:b", Wakeup(WakeupKind.CANCEL, "a:b")),
        ("probe:7", Wakeup(WakeupKind.PROBE, "7")),
        ("", Wakeup(WakeupKind.QUEUED)),
        ("hello", Wakeup(WakeupKind.QUEUED)),
        ("novel:kind", Wakeup(WakeupKind.QUEUED)),
    ],
)
def test_what_a_notification_says_is_read(payload, wakeup):
    assert parse(payload) == wakeup


def _beat():
    return WorkerBeat(
        worker_id=uuid4(),
        host="h",
        pid=1,
        state="running",
        max_concurrency=1,
        busy=0,
        done=0,
        kinds=(),
        queues=(),
    )


def _cut_off_listeners():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )


async def _stop(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
