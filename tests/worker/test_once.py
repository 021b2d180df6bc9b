from __future__ import annotations

import asyncio
import time

import pytest

from pyjobkit_django.errors import SnoozeJob
from pyjobkit_django.worker import once
from tests.worker.fakes import Does, FakeBackend, Silent, engine_for, worker_for


class Blind(Silent):
    """Cannot tell what will be due."""

    async def next_due_s(self, request):
        return None


class Slow(FakeBackend):
    """Tells what will be due as it was before it does ``meanwhile``, once."""

    async def next_due_s(self, request):
        due_s = await super().next_due_s(request)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile()
        return due_s


async def work_off(engine, **options):
    async with asyncio.timeout(20):
        await worker_for(engine, **options).run(once=True)


@pytest.mark.parametrize("backend", [FakeBackend, Silent, Blind])
async def test_it_works_off_what_is_there_and_returns(backend):
    job = Does()
    engine = engine_for(job, backend=backend())
    await engine.enqueue_many([{"kind": "job"}] * 30)
    await work_off(engine, max_concurrency=2)

    assert await engine.backend.count("success") == 30


@pytest.mark.parametrize("backend", [FakeBackend, Silent, Blind])
async def test_it_returns_where_there_is_nothing(backend):
    began = time.monotonic()
    await work_off(engine_for(None, backend=backend()))

    assert time.monotonic() - began < 1


@pytest.mark.parametrize("backend", [FakeBackend, Silent, Blind])
async def test_it_waits_for_the_retries_of_its_own_jobs(backend):
    """Trap 22."""

    async def act(ctx, payload):
        raise ValueError

    engine = engine_for(act, backend=backend())
    job_id = await engine.enqueue(kind="job", max_attempts=3, retry_policy="fixed:0.1")
    await work_off(engine)

    record = await engine.get(job_id)
    assert (record["status"], record["attempts"]) == ("failed", 3)


@pytest.mark.parametrize("backend", [FakeBackend, Silent, Blind])
async def test_it_does_not_wait_for_the_next_poll(backend):
    """The last claim found some jobs, but fewer than it asked for."""

    async def act(ctx, payload):
        await asyncio.sleep(0.02)

    engine = engine_for(act, backend=backend())
    await engine.enqueue_many([{"kind": "job"}] * 7)
    began = time.monotonic()
    await work_off(engine, max_concurrency=4, batch=4, poll_interval=60)

    assert time.monotonic() - began < 2


async def test_it_leaves_foreign_jobs_alone_and_returns():
    """Trap 8."""
    engine = engine_for(None, backend=Silent())
    await engine.enqueue(kind="foreign", priority=1)
    await engine.enqueue(kind="job", queue="other")
    ours = await engine.enqueue(kind="job")
    await work_off(engine, queues=["default"])

    assert (await engine.get(ours))["status"] == "success"
    assert await engine.backend.count("queued") == 2


async def test_it_waits_for_what_falls_due_soon_and_for_nothing_later():
    engine = engine_for(None)
    soon = await engine.enqueue_in(0.2, kind="job")
    later = await engine.enqueue_in(once.HORIZON_S + 5, kind="job")
    await work_off(engine)

    assert (await engine.get(soon))["status"] == "success"
    assert (await engine.get(later))["status"] == "scheduled"


async def test_a_job_that_is_put_off_while_it_asks_is_waited_for():
    async def act(ctx, payload):
        raise ValueError

    backend = Slow()
    engine = engine_for(act, backend=backend)
    await engine.enqueue_in(3600, kind="job")
    job_ids = []

    async def meanwhile():
        job_ids.append(
            await engine.enqueue(kind="job", max_attempts=2, retry_policy="fixed:0.1")
        )
        while (await engine.get(job_ids[0]))["status"] != "scheduled":
            await asyncio.sleep(0.001)

    backend.meanwhile = meanwhile
    await work_off(engine)

    record = await engine.get(job_ids[0])
    assert (record["status"], record["attempts"]) == ("failed", 2)


async def test_it_runs_what_its_jobs_enqueue():
    async def act(ctx, payload):
        if payload["left"]:
            left = payload["left"] - 1
            await engine.enqueue(kind="job", payload={"left": left})

    job = Does(act)
    engine = engine_for(job, backend=Blind())
    await engine.enqueue(kind="job", payload={"left": 5})
    await work_off(engine)

    assert len(job.ended) == 6


async def test_a_snooze_far_ahead_is_not_waited_for():
    async def act(ctx, payload):
        raise SnoozeJob(3600)

    engine = engine_for(act, backend=Blind())
    job_id = await engine.enqueue(kind="job")
    await work_off(engine)

    assert (await engine.get(job_id))["status"] == "scheduled"


@pytest.mark.parametrize("backend", [FakeBackend, Blind])
async def test_it_waits_for_the_tokens_of_limited_kinds(backend):
    job = Does()
    engine = engine_for(job, backend=backend())
    await engine.enqueue_many([{"kind": "job"}] * 3)
    await work_off(engine, rate_limits={"job": (20, 1)})

    assert len(job.ended) == 3


async def test_an_outage_is_waited_out():
    engine = engine_for(None)
    engine.backend.broken = {"claim", "next_due_s"}
    job_id = await engine.enqueue(kind="job")
    async with asyncio.TaskGroup() as group:
        group.create_task(work_off(engine))
        await asyncio.sleep(0.1)
        engine.backend.come_back()

    assert (await engine.get(job_id))["status"] == "success"


async def test_it_does_not_leave_while_a_job_is_visible_but_busy():
    class Locked(Silent):
        locked = 3

        async def claim(self, request):
            if self.locked:
                self.locked -= 1
                return []
            return await super().claim(request)

    engine = engine_for(None, backend=Locked())
    job_id = await engine.enqueue(kind="job")
    await work_off(engine)

    assert (await engine.get(job_id))["status"] == "success"
