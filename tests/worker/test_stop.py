from __future__ import annotations

import asyncio
import signal
import threading
import time

import pytest

from pyjobkit_django.contracts import ClaimRequest, Slot
from pyjobkit_django.jobs import Verb
from pyjobkit_django.worker import LeaseLostError, Worker
from pyjobkit_django.worker.run import Run
from tests.worker.fakes import (
    Does,
    Silent,
    engine_for,
    events,
    forever,
    until,
    until_ended,
    until_status,
    worker_for,
)


async def started(worker, job):
    task = asyncio.create_task(worker.run())
    await until(lambda: job.started)
    return task


async def test_entering_and_leaving_a_worker_returns():
    """Trap 15."""
    async with asyncio.timeout(1):
        async with Worker(engine_for(None)):
            pass


async def test_leaving_a_worker_stops_it():
    engine = engine_for(None)
    job_id = await engine.enqueue(kind="job")
    async with worker_for(engine) as worker:
        task = asyncio.create_task(worker.run())
        await until_ended(engine, job_id)

    await task


async def test_a_worker_runs_once_in_its_life():
    worker = worker_for(engine_for(None))
    await worker.run(once=True)

    with pytest.raises(RuntimeError, match="once in its life"):
        await worker.run()


async def test_it_may_be_asked_to_stop_before_it_runs_and_more_than_once():
    engine = engine_for(None)
    await engine.enqueue(kind="job")
    worker = worker_for(engine)
    worker.request_stop()
    worker.request_stop()
    assert worker.stopping
    await worker.wait_stopped()
    async with asyncio.timeout(5):
        await worker.run()
    await worker.wait_stopped()
    worker.request_stop()

    assert not engine.backend.calls["claim"]


async def test_it_may_be_stopped_at_once_before_it_runs():
    worker = worker_for(engine_for(None))
    worker.stop_now()
    async with asyncio.timeout(5):
        await worker.run()


async def test_it_may_be_asked_to_stop_from_a_signal_handler_and_from_a_thread():
    for ask in (
        lambda worker: signal.raise_signal(signal.SIGUSR1),
        lambda worker: threading.Thread(target=worker.request_stop).start(),
    ):
        worker = worker_for(engine_for(None))
        before = signal.signal(signal.SIGUSR1, lambda *_, w=worker: w.request_stop())
        try:
            task = asyncio.create_task(worker.run())
            await until(lambda w=worker: w._crew is not None)
            ask(worker)
            async with asyncio.timeout(5):
                await task
        finally:
            signal.signal(signal.SIGUSR1, before)


async def test_a_stop_lets_running_jobs_end_and_claims_no_more():
    gate = asyncio.Event()

    async def act(ctx, payload):
        await gate.wait()
        return "done"

    job = Does(act)
    engine = engine_for(job)
    ids = await engine.enqueue_many([{"kind": "job"}] * 2)
    worker = worker_for(engine, max_concurrency=1)
    task = await started(worker, job)
    worker.request_stop()
    await asyncio.sleep(0.05)
    assert not task.done()
    assert [beat.state for beat in await engine.backend.workers()] == ["draining"]
    gate.set()
    await task

    assert (await engine.get(ids[0]))["result"] == "done"
    assert (await engine.get(ids[1]))["status"] == "queued"
    assert [beat.state for beat in await engine.backend.workers()] == ["stopped"]


async def test_stop_timeout_is_a_bound_and_the_job_goes_back_to_its_queue():
    """Trap 13."""
    job = Does(forever)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    worker = worker_for(engine, stop_timeout=0.1)
    task = await started(worker, job)
    began = time.monotonic()
    worker.request_stop()
    await task

    assert 0.1 <= time.monotonic() - began < 1
    record = await engine.get(job_id)
    assert (record["status"], record["attempts"]) == ("queued", 0)
    assert job.ended == [job_id]


async def test_a_stop_without_a_bound_waits_for_as_long_as_it_takes():
    async def act(ctx, payload):
        await asyncio.sleep(0.2)

    job = Does(act)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    worker = worker_for(engine, stop_timeout=None)
    task = await started(worker, job)
    worker.request_stop()
    await task

    assert (await engine.get(job_id))["status"] == "success"


async def test_a_second_signal_skips_the_drain():
    job = Does(forever)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    worker = worker_for(engine, stop_timeout=60)
    task = await started(worker, job)
    worker.request_stop()
    await asyncio.sleep(0.02)
    worker.stop_now()
    async with asyncio.timeout(5):
        await task

    assert (await engine.get(job_id))["status"] == "queued"


async def test_an_executor_that_ignores_being_cancelled_is_left_behind(
    monkeypatch, caplog
):
    monkeypatch.setattr("pyjobkit_django.worker.drain.GRACE_S", 0.05)
    gate = asyncio.Event()

    async def act(ctx, payload):
        while not gate.is_set():
            try:
                await gate.wait()
            except asyncio.CancelledError:
                continue

    job = Does(act)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    worker = worker_for(engine, stop_timeout=0.05)
    task = await started(worker, job)
    worker.request_stop()
    async with asyncio.timeout(2):
        await task

    record = await engine.get(job_id)
    assert (record["status"], record["attempts"]) == ("queued", 0)
    assert "worker.left_behind" in events(caplog)
    gate.set()
    await until(lambda: job.ended)
    assert (await engine.get(job_id))["status"] == "queued"


async def test_cancelling_the_worker_stops_its_jobs_and_returns_them():
    """Trap 14."""
    cleaned = []

    async def act(ctx, payload):
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.02)
            cleaned.append(1)

    job = Does(act)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    task = await started(worker_for(engine), job)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert cleaned
    record = await engine.get(job_id)
    assert (record["status"], record["attempts"]) == ("queued", 0)


def test_an_event_loop_that_ends_under_a_worker_returns_its_jobs():
    """asyncio.run cancels every task at once, the worker's loops among them."""
    job = Does(forever)
    engine = engine_for(job)

    async def main():
        job_id = await engine.enqueue(kind="job")
        main.task = asyncio.create_task(worker_for(engine).run())
        await until(lambda: job.started)
        await asyncio.sleep(0.05)
        return job_id

    job_id = asyncio.run(main())
    record = asyncio.run(engine.get(job_id))

    assert (record["status"], record["attempts"]) == ("queued", 0)
    assert main.task.cancelled()


async def test_a_claim_that_is_answered_during_a_stop_is_given_back():
    engine = engine_for(None, backend=Silent())
    engine.backend.hold("claim")
    job_id = await engine.enqueue(kind="job")
    worker = worker_for(engine)
    task = asyncio.create_task(worker.run())
    await until(lambda: engine.backend.calls["claim"])
    worker.request_stop()
    await asyncio.sleep(0.02)
    engine.backend.let_go("claim")
    await task

    record = await engine.get(job_id)
    assert (record["status"], record["attempts"]) == ("queued", 0)


class Tardy(Slot):
    """Tidies up after a job until the test is over."""

    gate = None

    async def tidy(self):
        await self.gate.wait()
        return True


async def test_jobs_that_wait_for_a_slot_go_back_at_once():
    engine = engine_for(None)
    engine.backend.slot_class = Tardy
    Tardy.gate = asyncio.Event()
    ids = await engine.enqueue_many([{"kind": "job"}] * 2)
    worker = worker_for(engine, max_concurrency=1)
    task = asyncio.create_task(worker.run())
    await until_ended(engine, ids[0])
    (job,) = await engine.backend.claim(
        ClaimRequest(worker_id=worker.worker_id, limit=1, ttl_s=60)
    )
    worker._crew.slots.offer(Run(job, time.monotonic() + 60))
    worker.request_stop()
    await until_status(engine, ids[1], "queued")
    Tardy.gate.set()
    await task

    assert [outcome.verb for outcome in engine.backend.settled] == [
        Verb.FINISH,
        Verb.RELEASE,
    ]


async def test_an_idle_worker_stops_at_once_though_its_backend_is_gone():
    engine = engine_for(None)
    worker = worker_for(engine)
    task = asyncio.create_task(worker.run())
    await until(lambda: engine.backend.calls["claim"])
    engine.backend.go_down()
    worker.request_stop()
    async with asyncio.timeout(3):
        await task


async def test_health_tells_the_depth_and_whether_it_is_too_deep():
    engine = engine_for(None)
    worker = worker_for(engine, queue_capacity=2)
    await engine.enqueue(kind="job")
    assert await worker.check_health() == {
        "status": "healthy",
        "queue_depth": 1,
        "queue_overflow": False,
    }

    await engine.enqueue(kind="job")
    assert (await worker.check_health())["status"] == "unhealthy"
    assert (await worker.check_health())["queue_overflow"] is True

    engine.backend.go_down()
    health = await worker.check_health()
    assert health["status"] == "unhealthy"
    assert "check_connection" in health["reason"]


async def test_a_job_cancelled_while_the_worker_drains_ends_cancelled():
    job = Does(forever)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    task = await started(worker := worker_for(engine), job)
    worker.request_stop()
    await engine.cancel(job_id)
    await until_status(engine, job_id, "cancelled")
    await task


def test_the_error_of_a_lost_lease_is_exported():
    assert issubclass(LeaseLostError, RuntimeError)
