"""What a worker does with jobs that misbehave, and when it has to leave."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from pyjobkit_django import Worker, enqueue, get_job
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.executors import HTTPExecutor, SubprocessExecutor
from pyjobkit_django.models import Job, WorkerRecord
from tests.acceptance.processes import until as until_elsewhere
from tests.conformance.stage import end_as, request
from tests.executors.http.server import answer, serving
from tests.worker.fakes import (
    Does,
    engine_for,
    forever,
    until_ended,
    until_status,
    worker_for,
    working,
)


async def test_06_trouble_with_one_job_stays_with_that_job(stage):
    """Another worker has taken a job over and ended it: the first one hears a no."""
    gate = asyncio.Event()

    async def act(ctx, payload):
        if payload.get("waits"):
            await gate.wait()

    engine = engine_for(act, backend=stage.backend)
    contested = await engine.enqueue(kind="job", payload={"waits": True})
    async with working(engine, max_concurrency=1) as worker:
        await until_status(engine, contested, "running")
        await stage.probe.expire_lease(contested)
        await sync_to_async(Job.objects.reap)()
        (taken,) = await stage.backend.claim(request(uuid4()))
        await stage.backend.settle([end_as("failed", taken)])
        gate.set()
        innocent = [await engine.enqueue(kind="job") for _ in range(3)]
        records = [await until_ended(engine, job_id) for job_id in innocent]

        assert not worker.stopping
    assert [record["status"] for record in records] == ["success"] * 3
    assert (await engine.get(contested))["status"] == "failed"


async def test_07_what_cannot_be_run_is_refused_or_fails_by_itself(stage):
    does = Does()
    shell = await asyncio.to_thread(SubprocessExecutor)
    engine = engine_for(does, shell, backend=stage.backend)
    for options in ({"payload": [1]}, {"webhooks": {"complete": 5}}, {"tags": "ab"}):
        with pytest.raises(InvalidJobError):
            await engine.enqueue(kind="job", **options)

    smuggled = [await engine.enqueue(kind="job", priority=1) for _ in range(3)]
    for job_id, column in zip(
        smuggled,
        ({"payload": [1]}, {"chain": [{"kind": "a b"}]}, {"webhooks": {"complete": 5}}),
        strict=True,
    ):
        await sync_to_async(Job.objects.filter(pk=job_id).update)(**column)
    one_long_line = "head -c 2000000 /dev/zero | tr '\\0' x"
    large = await engine.enqueue(kind="subprocess", payload={"cmd": one_long_line})
    neighbour = await engine.enqueue(kind="job", priority=200)
    await worker_for(engine).run(once=True)

    ends = [(await engine.get(job_id))["status"] for job_id in smuggled]
    assert ends == ["failed", "failed", "success"]
    assert (await engine.get(large))["status"] == "success"
    assert (await engine.get(neighbour))["status"] == "success"


async def test_08_foreign_kinds_at_the_head_starve_nobody(stage):
    foreign = await stage.enqueue_many([{"kind": "foreign", "priority": 0}] * 50)
    engine = engine_for(Does(), Does(kind="foreign"), backend=stage.backend)
    own = await engine.enqueue(kind="job")

    await worker_for(engine, kinds=["job"]).run(once=True)

    assert (await engine.get(own))["status"] == "success"
    untouched = [(await engine.get(job_id))["version"] for job_id in foreign]
    assert untouched == [0] * 50


async def test_13_stop_timeout_is_a_bound_and_the_job_is_released(stage):
    engine = engine_for(forever, backend=stage.backend)
    job_id = await engine.enqueue(kind="job")
    worker = worker_for(engine, stop_timeout=0.2)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        await until_status(engine, job_id, "running")
        worker.request_stop()

    record = await engine.get(job_id)
    assert (record["status"], record["attempts"]) == ("queued", 0)
    assert record["leased_by"] is None


def test_14_ctrl_c_puts_running_jobs_back_and_leaves_no_executor_at_work(
    start_worker, journal
):
    gate = journal.path.with_name("gate")
    job_id = enqueue("gate", {"journal": str(journal.path), "gate": str(gate)})
    worker = start_worker("--stop-timeout", "3600")
    until_elsewhere(lambda: journal.lines("started"), what="the start")
    worker.signal(signal.SIGINT)
    drains = WorkerRecord.objects.filter(state="draining")
    until_elsewhere(drains.exists, what="the drain")
    worker.signal(signal.SIGINT)

    assert worker.wait() == 0, worker.log.read_text()
    gate.touch()
    record = get_job(job_id)
    assert (record["status"], record["attempts"]) == ("queued", 0)
    assert journal.lines("passed") == []


async def test_15_a_worker_that_was_entered_and_never_ran_is_left_at_once(stage):
    async with asyncio.timeout(5):
        async with Worker(engine_for(None, backend=stage.backend)):
            pass


async def test_17_a_slow_receiver_holds_no_slot_of_the_jobs_that_tell_it(stage):
    """A notification is a job of its own, stored with the end that it tells of."""
    let_go = asyncio.Event()

    async def slowly(reader, writer):
        await let_go.wait()
        writer.write(answer(204))

    async with serving() as receiver:
        receiver.routes["/"] = slowly
        http = HTTPExecutor(public_only=False)
        engine = engine_for(Does(), http, backend=stage.backend)
        told = {"kind": "job", "webhooks": {"complete": receiver.url()}}
        async with (
            working(engine, kinds=["http"], max_concurrency=2),
            working(engine, kinds=["job"], max_concurrency=1),
        ):
            first = await engine.enqueue(**told)
            await receiver.asked.wait()
            second = await engine.enqueue(**told)
            ended = await until_ended(engine, second)
            (row, *_) = await sync_to_async(list)(Job.objects.filter(kind="http"))
            let_go.set()
            await until_ended(engine, row.pk)
        await engine.close()

    assert (await engine.get(first))["status"] == ended["status"] == "success"
    assert row.parent == first


async def test_18_a_result_that_cannot_be_stored_fails_the_job_once(stage):
    odd = [{"when": datetime(2026, 1, 1, tzinfo=UTC)}, {"text": "a\x00b"}, {1, 2}]

    async def act(ctx, payload):
        return odd[payload["n"]]

    does = Does(act)
    engine = engine_for(does, backend=stage.backend)
    ids = [await engine.enqueue(kind="job", payload={"n": n}) for n in range(len(odd))]
    await worker_for(engine).run(once=True)

    for job_id in ids:
        record = await engine.get(job_id)
        assert (record["status"], record["attempts"]) == ("failed", 1)
        assert "result" in record["result"]["error"]
    assert len(does.started) == len(odd)


async def test_23_jobs_that_wait_for_their_rate_hold_no_slot(stage):
    engine = engine_for(Does(), Does(kind="limited"), backend=stage.backend)
    limited = [await engine.enqueue(kind="limited", priority=1) for _ in range(3)]

    limits = {"limited": (0.001, 1)}
    async with working(engine, max_concurrency=1, rate_limits=limits):
        free = await engine.enqueue(kind="job")
        await until_ended(engine, free)
        await until_ended(engine, limited[0])
        waiting = [await engine.get(job_id) for job_id in limited[1:]]

    assert [record["status"] for record in waiting] == ["queued", "queued"]
    assert [record["leased_by"] for record in waiting] == [None, None]


async def test_24_a_worker_without_an_executor_for_a_kind_leaves_its_jobs(stage):
    engine = engine_for(Does(), backend=stage.backend)
    own, foreign = [await engine.enqueue(kind=kind) for kind in ("job", "unheard")]

    await worker_for(engine).run(once=True)

    assert (await engine.get(own))["status"] == "success"
    record = await engine.get(foreign)
    assert (record["status"], record["version"]) == ("queued", 0)


async def test_26_returning_nothing_is_a_success(stage):
    does = Does()
    engine = engine_for(does, backend=stage.backend)
    job_id = await engine.enqueue(kind="job")

    await worker_for(engine).run(once=True)

    record = await engine.get(job_id)
    assert (record["status"], record["result"]) == ("success", None)
    assert does.started == [job_id]
