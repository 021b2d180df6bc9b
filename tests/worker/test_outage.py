"""A backend that goes out of reach and comes back."""

from __future__ import annotations

import asyncio
import time

import pytest

from pyjobkit_django.worker import outage_watch
from pyjobkit_django.worker.backoff import Backoff
from pyjobkit_django.worker.contact import Contact
from tests.worker.fakes import (
    OutOfReachError,
    engine_for,
    events,
    until,
    until_ended,
    working,
)


@pytest.fixture
def line_each_step(monkeypatch):
    """Return how many lines an outage of some seconds may bring at the most."""

    def steps(lasted_s):
        wait_s, count = 0.8, 1
        while lasted_s > 0:
            lasted_s, wait_s, count = lasted_s - wait_s, wait_s * 2, count + 1
        return count

    return steps


async def test_loops_wait_longer_and_longer_and_yet_come_back_at_once(
    monkeypatch, caplog, line_each_step
):
    # Waits that would keep every loop away for a minute after its first failure.
    monkeypatch.setattr(Backoff, "next_s", _long_waits_but_for_the_watch())
    engine = engine_for(None)
    async with working(engine, heartbeat_interval_s=0.05):
        await until_ended(engine, await engine.enqueue(kind="job"))
        engine.backend.go_down()
        began = time.monotonic()
        await until(lambda: "worker.outage" in events(caplog))
        job_id = await engine.enqueue(kind="job")
        await asyncio.sleep(0.5)
        engine.backend.come_back()
        back = time.monotonic()
        await until_ended(engine, job_id)
        assert time.monotonic() - back < 2

    told = events(caplog)
    assert "worker.trouble" not in told
    assert told.count("worker.outage_over") == 1
    assert told.count("worker.outage") <= line_each_step(back - began)


def _long_waits_but_for_the_watch():
    def next_s(self):
        return 0.1 if self._longest_s == outage_watch.LONGEST_S else 60.0

    return next_s


async def test_what_ended_in_an_outage_is_settled_and_not_run_again():
    gate = asyncio.Event()
    engine = engine_for(lambda ctx, payload: gate.wait())
    async with working(engine, lease_ttl=0.5):
        job_id = await engine.enqueue(kind="job")
        await until(lambda: engine.executors["job"].started)
        engine.backend.go_down()
        gate.set()
        await until(lambda: engine.executors["job"].ended)
        await asyncio.sleep(1.1)
        engine.backend.come_back()
        record = await until_ended(engine, job_id)

    assert record["status"] == "success"
    assert record["attempts"] == 1


async def test_failures_of_one_moment_share_one_question():
    asked = []

    async def check():
        asked.append(1)
        await asyncio.sleep(0)
        raise OutOfReachError

    told = []
    contact = Contact(30, check)
    contact.when_lost = told.append
    errors = [OSError(number) for number in range(5)]
    async with asyncio.TaskGroup() as group:
        answers = [group.create_task(contact.explains(error)) for error in errors]

    assert [answer.result() for answer in answers] == [True] * 5
    assert len(asked) == len(told) == 1
    assert contact.is_lost


async def test_a_failure_of_a_backend_that_answers_is_the_loops_own():
    contact = Contact(30)

    assert not await contact.explains(OSError())
    assert not contact.is_lost


async def test_a_backend_that_does_not_answer_in_time_is_out_of_reach(monkeypatch):
    monkeypatch.setattr("pyjobkit_django.worker.contact.ANSWER_S", 0.01)
    contact = Contact(30, lambda: asyncio.Event().wait())

    assert await contact.explains(OSError())
    assert not await contact.returned()
