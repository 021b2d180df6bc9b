"""A worker runs commands, and stops them."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from pyjobkit_django.executors.subprocess import SubprocessExecutor
from pyjobkit_django.worker import LogLimits
from tests.executors.subprocess.stage import FAMILY, members
from tests.worker.fakes import (
    FakeSink,
    engine_for,
    until,
    until_ended,
    until_status,
    worker_for,
    working,
)

GRACE_S = 0.2


@pytest.fixture
def sink():
    return FakeSink()


@pytest.fixture
def engine(sink):
    return engine_for(SubprocessExecutor(grace_s=GRACE_S), log_sink=sink)


async def enqueue_family(engine, **options):
    return await engine.enqueue(kind="subprocess", payload={"cmd": FAMILY}, **options)


async def family(sink):
    """Return the group of the command once all of it has started."""
    await until(lambda: "ready" in sink.texts())
    return int(sink.texts()[0])


async def test_a_command_succeeds_with_its_log_and_its_progress(engine, sink):
    cmd = "echo one; echo '::progress 0.5 half'; echo two >&2"
    job_id = await engine.enqueue(kind="subprocess", payload={"cmd": cmd})
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["result"]["returncode"]) == ("success", 0)
    assert sorted((line.stream, line.message) for line in sink.lines) == [
        ("stderr", "two"),
        ("stdout", "one"),
    ]
    assert (record["progress"], record["progress_meta"]) == (0.5, {"text": "half"})


async def test_a_failed_command_is_tried_again_and_its_failure_tells_why(engine):
    job_id = await engine.enqueue(
        kind="subprocess",
        payload={"cmd": "echo no luck >&2; exit 3"},
        max_attempts=2,
        retry_policy="fixed:0",
    )
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("failed", 2)
    failure = record["result"]
    assert failure["message"] == "shell command ended with exit code 3: no luck"
    assert (failure["returncode"], failure["stderr"]) == (3, "no luck")


@pytest.mark.parametrize("payload", [{"cmd": ["no-such-command"]}, {"cmd": 7}])
async def test_a_command_that_cannot_run_is_not_tried_again(engine, payload):
    job_id = await engine.enqueue(kind="subprocess", payload=payload)
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("failed", 1)
    assert record["result"]["exception_type"] == "DiscardJob"


async def test_two_megabytes_without_a_line_end_are_one_cut_line(engine, sink):
    """Trap 7."""
    cmd = [sys.executable, "-c", "print('x' * 2_000_000, end='')"]
    job_id = await engine.enqueue(kind="subprocess", payload={"cmd": cmd})
    limits = LogLimits(line_bytes=1_000)
    async with working(engine, log_limits=limits):
        record = await until_ended(engine, job_id)

    assert record["status"] == "success"
    assert [len(text) for text in sink.texts()] == [1_000 + len("… cut …")]


async def test_the_deadline_ends_all_of_the_command(engine, sink):
    job_id = await enqueue_family(engine, timeout_s=0.5)
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert record["status"] == "timeout"
    assert members(int(sink.texts()[0])) == []


async def test_cancelling_ends_all_of_the_command(engine, sink):
    job_id = await enqueue_family(engine)
    async with working(engine):
        group = await family(sink)
        await engine.cancel(job_id)
        record = await until_ended(engine, job_id)

    assert record["status"] == "cancelled"
    assert members(group) == []


async def test_a_lost_lease_ends_all_of_the_command(engine, sink):
    job_id = await enqueue_family(engine)
    lost = []
    async with working(
        engine, lease_ttl=0.3, on_lease_lost=lambda *found: lost.append(found)
    ):
        group = await family(sink)
        await engine.backend.fail(job_id, {"error": "by hand"}, expected_version=1)
        await until(lambda: lost)

        assert await asyncio.to_thread(members, group) == []


async def test_a_stopping_worker_ends_all_of_the_command_and_gives_the_job_back(
    engine, sink
):
    job_id = await enqueue_family(engine)
    worker = worker_for(engine, stop_timeout=0.1)
    task = asyncio.create_task(worker.run())
    group = await family(sink)
    began = time.monotonic()
    worker.request_stop()
    async with asyncio.timeout(10):
        await task

    assert members(group) == []
    assert time.monotonic() - began < 0.1 + GRACE_S + 2
    record = await until_status(engine, job_id, "queued")
    assert record["attempts"] == 0


async def test_a_worker_that_is_cancelled_ends_all_of_the_command(engine, sink):
    await enqueue_family(engine)
    task = asyncio.create_task(worker_for(engine).run())
    group = await family(sink)
    task.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait({task})

    assert members(group) == []
