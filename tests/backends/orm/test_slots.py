from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.db.backends.signals import connection_created

from pyjobkit_django.backends.orm.slots import thread_slot
from pyjobkit_django.models import Job
from pyjobkit_django.shortcuts import enqueue
from tests.marks import committed

pytestmark = committed


@pytest.fixture
def opened():
    """Gather each connection that is opened, with the thread that opened it."""
    yield from connections_opened()


@pytest.fixture
def closed_in_the_end():
    """Wait for the threads of slots, which close their connections last."""
    for seen in connections_opened():
        yield
        for _, thread in seen:
            thread.join(10)


def connections_opened():
    seen = []

    def note(connection, **_):
        seen.append((connection, threading.current_thread()))

    connection_created.connect(note)
    yield seen
    connection_created.disconnect(note)


def is_open(opened_connection):
    return opened_connection.connection is not None


async def in_slots(*calls):
    """Await each call in a slot of its own, all at once; return what they return."""
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        tasks = [group.create_task(_in_slot(call)) for call in calls]
    return [task.result() for task in tasks]


async def _in_slot(call):
    async with thread_slot():
        return await call()


async def test_sync_functions_of_two_slots_run_at_the_same_time():
    together = threading.Barrier(2)

    await in_slots(*[sync_to_async(together.wait)] * 2)


async def test_orm_calls_of_two_slots_run_at_the_same_time(opened):
    await in_slots(Job.objects.acount, Job.objects.acount)

    first, second = {thread for _, thread in opened}
    assert first.name.startswith("pyjobkit-slot")
    assert second.name.startswith("pyjobkit-slot")


async def test_all_code_of_one_slot_shares_a_thread():
    async with thread_slot() as slot:
        first = await sync_to_async(threading.get_ident)()
        assert await slot.tidy()
        assert await sync_to_async(threading.get_ident)() == first


async def test_a_slot_that_runs_no_sync_code_has_no_thread():
    before = threading.active_count()

    async with AsyncExitStack() as stack:
        for _ in range(5):
            slot = await stack.enter_async_context(thread_slot())
            assert await slot.tidy()
        assert threading.active_count() == before


async def test_a_busy_thread_makes_a_slot_unfit():
    entered, may_leave = threading.Event(), threading.Event()

    def linger():
        entered.set()
        may_leave.wait()

    async with thread_slot() as slot:
        job = asyncio.create_task(sync_to_async(linger)())
        await asyncio.to_thread(entered.wait)
        await _stop(job)
        waiting = asyncio.create_task(sync_to_async(print)())
        await asyncio.sleep(0)
        await _stop(waiting)

        assert not await slot.tidy()
        may_leave.set()


async def test_a_slot_whose_thread_came_back_is_fit():
    async with thread_slot() as slot:
        with pytest.raises(ZeroDivisionError):
            await sync_to_async(divmod)(1, 0)

        assert await slot.tidy()


async def _stop(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_connection_is_closed_after_the_job_unless_it_may_be_kept(opened):
    async with thread_slot() as slot:
        await Job.objects.acount()
        ((mine, _),) = opened
        assert is_open(mine)

        await slot.tidy()

        assert not is_open(mine)


@pytest.mark.parametrize("tidied", [True, False])
async def test_a_connection_that_may_be_kept_is_closed_with_the_slot(
    opened, monkeypatch, tidied
):
    monkeypatch.setitem(connections.databases["default"], "CONN_MAX_AGE", 600)

    async with thread_slot() as slot:
        await Job.objects.acount()
        ((mine, thread),) = opened
        if tidied:
            await slot.tidy()
        assert is_open(mine)

    await asyncio.to_thread(thread.join, 10)
    assert not is_open(mine)


async def test_a_busy_slot_closes_its_connections_when_its_thread_comes_back(opened):
    entered, may_leave = threading.Event(), threading.Event()

    def linger():
        Job.objects.count()
        entered.set()
        may_leave.wait()

    async with thread_slot():
        job = asyncio.create_task(sync_to_async(linger)())
        await asyncio.to_thread(entered.wait)
        await _stop(job)
    ((mine, thread),) = opened
    assert is_open(mine)

    may_leave.set()

    await asyncio.to_thread(thread.join, 10)
    assert not is_open(mine)


async def test_leaving_a_busy_slot_does_not_wait_for_it():
    entered, may_leave = threading.Event(), threading.Event()

    def linger():
        entered.set()
        may_leave.wait()

    async with asyncio.timeout(10):
        async with thread_slot():
            job = asyncio.create_task(sync_to_async(linger)())
            await asyncio.to_thread(entered.wait)
            await _stop(job)

    may_leave.set()


def test_the_connections_of_other_threads_stay(opened):
    connection.ensure_connection()

    asyncio.run(in_slots(Job.objects.acount))

    assert is_open(connection)


def _enter_a_transaction():
    transaction.atomic().__enter__()
    enqueue("ghost", {})


def _enter_nested_ones():
    _enter_a_transaction()
    _enter_a_transaction()


def _break_one():
    _enter_a_transaction()
    transaction.set_rollback(True)


def _lose_the_connection_in_one():
    _enter_a_transaction()
    connection.close()


def _turn_autocommit_off():
    transaction.set_autocommit(False)
    enqueue("ghost", {})


@pytest.mark.parametrize("kept_for", [0, 600])
@pytest.mark.parametrize(
    "leave_open",
    [
        _enter_a_transaction,
        _enter_nested_ones,
        _break_one,
        _lose_the_connection_in_one,
        _turn_autocommit_off,
    ],
)
async def test_a_transaction_that_a_job_leaves_open_is_rolled_back(
    monkeypatch, caplog, closed_in_the_end, leave_open, kept_for
):
    monkeypatch.setitem(connections.databases["default"], "CONN_MAX_AGE", kept_for)

    def fine():
        with transaction.atomic():
            enqueue("next", {})
        return list(Job.objects.values_list("kind", flat=True))

    async with thread_slot() as slot:
        await sync_to_async(leave_open)()
        with caplog.at_level(logging.WARNING, "pyjobkit"):
            assert await slot.tidy()
        assert await sync_to_async(fine)() == ["next"]
        assert await slot.tidy()

    assert [record.event for record in caplog.records] == [
        "worker.transaction_left_open"
    ]


async def test_a_connection_that_a_job_closed_behind_django_is_opened_anew(
    monkeypatch, closed_in_the_end
):
    monkeypatch.setitem(connections.databases["default"], "CONN_MAX_AGE", 600)

    def misbehave():
        Job.objects.count()
        connection.connection.close()

    async with thread_slot() as slot:
        await sync_to_async(misbehave)()
        assert await slot.tidy()
        assert await Job.objects.acount() == 0
