from __future__ import annotations

import asyncio
import logging
import re
import threading
import time

import pytest

from pyjobkit_django.worker import loop_watch
from pyjobkit_django.worker.loop_watch import LoopWatch
from tests.worker.fakes import engine_for, events, until, until_ended, working


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(loop_watch, "BLOCKED_S", 0.1)


def compute(until_set):
    while not until_set.is_set():
        pass


def told(caplog):
    """Return the warnings of loops that stood still."""
    return [
        record
        for record in caplog.records
        if getattr(record, "event", "") == "worker.loop_blocked"
    ]


async def test_an_executor_that_blocks_the_loop_is_told_once_with_its_stack(caplog):
    seen = threading.Event()

    async def act(ctx, payload):
        if payload:
            compute(seen)
        return "fine"

    engine = engine_for(act)
    blocking = await engine.enqueue(kind="job", payload={"block": True})
    neighbour = await engine.enqueue(kind="job")
    async with working(engine, max_concurrency=2):
        threading.Thread(target=lambda: (wait_for_warning(caplog), seen.set())).start()
        assert (await until_ended(engine, blocking))["result"] == "fine"
        assert (await until_ended(engine, neighbour))["result"] == "fine"
        await until(lambda: "worker.loop_free" in events(caplog))

    (warning,) = told(caplog)
    assert "in compute" in warning.getMessage()
    assert "in act" in warning.getMessage()
    assert (warning.job_id, warning.kind) == (blocking, "job")
    assert warning.blocked_s >= 0.1


def wait_for_warning(caplog):
    until_at = time.monotonic() + 10
    while not told(caplog) and time.monotonic() < until_at:
        time.sleep(0.01)
    time.sleep(0.3)


async def test_code_that_lets_no_other_thread_run_is_told_when_it_is_over(caplog):
    def backtrack():
        re.match(r"(a+)+$", "a" * 24 + "b")

    with LoopWatch().watching():
        before = time.process_time()
        while time.process_time() - before < 0.5:
            backtrack()
        await until(lambda: "worker.loop_free" in events(caplog))

    (warning,) = told(caplog)
    assert "backtrack" in warning.getMessage()


async def test_a_loop_that_only_waits_is_not_blocked(caplog):
    with caplog.at_level(logging.INFO), LoopWatch().watching():
        await asyncio.sleep(0.5)

    assert told(caplog) == []


def test_a_process_that_was_stopped_has_no_blocked_loop(caplog):
    watch = LoopWatch(1.0)
    now = time.monotonic()

    watch._look(now + 60.1, starved_s=60.0, thread_id=threading.get_ident())
    assert told(caplog) == []

    watch._look(now + 62, starved_s=0.0, thread_id=threading.get_ident())
    assert len(told(caplog)) == 1


async def test_the_thread_ends_with_the_watch():
    before = threading.active_count()
    with LoopWatch().watching():
        assert threading.active_count() == before + 1

    await until(lambda: threading.active_count() == before)
