from __future__ import annotations

import asyncio
import threading

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.transaction import TransactionManagementError

from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.backends.orm.lanes import (
    CallerLane,
    Duty,
    ThreadLane,
    WorkerLanes,
)
from pyjobkit_django.jobs import JobSpec, JobStatus
from pyjobkit_django.models import Job
from tests.marks import committed, on_servers
from tests.stored_jobs import elsewhere, queued

pytestmark = [committed, pytest.mark.usefixtures("callers_thread")]

SESSION = {"postgresql": "pg_backend_pid()", "mysql": "connection_id()"}
CUT = {"postgresql": "SELECT pg_terminate_backend(%s)", "mysql": "KILL %s"}


def session():
    """Return what the server calls the session of this thread."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SESSION[connection.vendor]}")
        return cursor.fetchone()[0]


def cut(number):
    with connection.cursor() as cursor:
        cursor.execute(CUT[connection.vendor], [number])


@pytest.fixture
async def lane():
    lane = ThreadLane("test")
    yield lane
    await lane.close()


async def test_a_lane_has_one_thread_of_its_own(lane):
    here = await CallerLane().run(threading.get_ident)

    there = {await lane.run(threading.get_ident) for _ in range(3)}

    assert len(there) == 1
    assert here not in there


async def test_a_lane_passes_arguments_and_gives_back_what_comes(lane):
    assert await lane.run(divmod, 7, 2) == (3, 1)


async def test_a_lane_raises_what_its_verb_raises(lane):
    with pytest.raises(ZeroDivisionError):
        await lane.run(divmod, 1, 0)

    assert await lane.run(Job.objects.count) == 0


@on_servers
async def test_a_lane_keeps_its_connection(lane):
    assert await lane.run(session) == await lane.run(session)


@on_servers
async def test_a_lane_outlives_its_connection(lane):
    lost = await lane.run(session)
    await sync_to_async(cut)(lost)

    with pytest.raises((OperationalError, InterfaceError)):
        await lane.run(Job.objects.count)

    assert await lane.run(Job.objects.count) == 0
    assert await lane.run(session) != lost


@on_servers
async def test_a_lane_outlives_a_connection_lost_in_a_transaction(lane):
    def lose():
        with transaction.atomic():
            queued()
            cutter = threading.Thread(target=elsewhere_cut, args=[session()])
            cutter.start()
            cutter.join()
            queued()

    with pytest.raises((OperationalError, InterfaceError)):
        await lane.run(lose)

    assert await lane.run(Job.objects.count) == 0


def elsewhere_cut(number):
    cut(number)
    connection.close()


@on_servers
async def test_closing_a_lane_ends_its_session(lane):
    number = await lane.run(session)

    await lane.close()

    await sync_to_async(until_gone)(number)


async def test_closing_a_lane_ends_its_thread_and_may_be_done_twice(lane):
    thread = await lane.run(threading.current_thread)

    await lane.close()
    await lane.close()

    await asyncio.to_thread(thread.join, 10)
    assert not thread.is_alive()


def until_gone(number):
    """Return once the server has no such session; it tells a moment after the close."""
    column, table = {
        "postgresql": ("pid", "pg_stat_activity"),
        "mysql": ("id", "information_schema.processlist"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        found = True
        while found:
            cursor.execute(f"SELECT 1 FROM {table} WHERE {column} = %s", [number])
            found = cursor.fetchone()


def test_the_callers_lane_sees_what_the_caller_has_not_committed():
    backend = DjangoBackend()

    with transaction.atomic():
        (job_id,) = queued()
        job = async_to_sync(backend.get)(job_id)
        assert job["status"] is JobStatus.QUEUED
        assert async_to_sync(backend.queue_depth)() == 1
        transaction.set_rollback(True)

    assert async_to_sync(backend.queue_depth)() == 0


def test_what_the_callers_lane_writes_goes_back_with_the_caller():
    backend = DjangoBackend()

    with transaction.atomic():
        async_to_sync(backend.enqueue_many)([JobSpec(kind="k")])
        assert Job.objects.count() == 1
        transaction.set_rollback(True)

    assert Job.objects.count() == 0


async def test_the_callers_lane_stays_open():
    lane = CallerLane()
    await lane.run(Job.objects.count)

    await lane.close()

    assert await lane.run(Job.objects.count) == 0


@on_servers
async def test_the_callers_lane_outlives_its_connection():
    backend = DjangoBackend()
    lost = await CallerLane().run(session)
    await asyncio.to_thread(elsewhere_cut, lost)

    with pytest.raises((OperationalError, InterfaceError)):
        await backend.queue_depth()

    assert await backend.queue_depth() == 0
    assert await CallerLane().run(session) != lost


@on_servers
async def test_a_check_of_the_connection_is_about_the_database_of_now():
    backend = DjangoBackend()
    lost = await CallerLane().run(session)
    await asyncio.to_thread(elsewhere_cut, lost)

    await backend.check_connection()

    assert await CallerLane().run(session) != lost


@on_servers
def test_a_connection_in_the_callers_transaction_is_the_callers():
    """What the block wrote is lost, and must not be followed by what comes after it."""
    backend = DjangoBackend()

    def lose():
        with transaction.atomic():
            queued()
            elsewhere(cut, session())
            for ask in (backend.check_connection, backend.queue_depth):
                with pytest.raises((OperationalError, InterfaceError)):
                    async_to_sync(ask)()
            queued()

    with pytest.raises((OperationalError, InterfaceError, TransactionManagementError)):
        lose()

    assert async_to_sync(backend.queue_depth)() == 0


async def test_a_failed_verb_leaves_a_sound_connection_open():
    def fail():
        with connection.cursor() as cursor:
            cursor.execute("SELECT nonsense FROM nowhere")

    await CallerLane().run(Job.objects.count)
    raw = await CallerLane().run(lambda: connection.connection)
    with pytest.raises(DatabaseError):
        await CallerLane().run(fail)

    assert await CallerLane().run(lambda: connection.connection) is raw


async def test_each_duty_of_a_worker_waits_only_for_itself():
    lanes = WorkerLanes(one_writer=False)
    together = threading.Barrier(len(Duty))

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for duty in Duty:
            group.create_task(lanes[duty].run(together.wait))

    await lanes.close()


async def test_a_database_with_one_writer_gets_one_lane_for_every_duty():
    lanes = WorkerLanes(one_writer=True)

    assert len({await lanes[duty].run(threading.get_ident) for duty in Duty}) == 1

    await lanes.close()


async def test_a_workers_session_has_lanes_of_its_own_until_it_ends():
    backend = DjangoBackend()
    one_writer = not connection.features.has_select_for_update

    async with backend.worker_session() as own:
        threads = {await own.lanes[duty].run(threading.current_thread) for duty in Duty}
        assert len(threads) == (1 if one_writer else len(Duty))
        assert await CallerLane().run(threading.current_thread) not in threads
        await own.check_connection()

    assert backend.lanes is None
    for thread in threads:
        await asyncio.to_thread(thread.join, 10)
        assert not thread.is_alive()


async def test_a_worker_on_a_given_lane_stays_on_it(lane):
    backend = DjangoBackend(lane=lane)

    async with backend.worker_session() as own:
        assert own is backend
        assert await own.promote() == await backend.promote()
