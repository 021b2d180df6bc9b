from __future__ import annotations

import asyncio
import time

from pyjobkit_django.contracts import LeaseReport
from tests.worker.fakes import (
    Does,
    FakeBackend,
    engine_for,
    events,
    forever,
    until,
    until_ended,
    until_status,
    working,
)


async def test_a_long_job_keeps_its_lease():
    async def act(ctx, payload):
        await asyncio.sleep(0.6)

    job = Does(act)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    async with working(engine, lease_ttl=0.2), working(engine, lease_ttl=0.2):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("success", 1)
    assert len(job.started) == 1


async def test_a_lease_lost_by_report_stops_the_run_and_writes_nothing(caplog):
    job = Does(forever)
    lost = []
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    async with working(
        engine,
        lease_ttl=0.3,
        on_lease_lost=lambda job_id, row: lost.append((job_id, row["kind"])),
    ):
        await until(lambda: job.started)
        await engine.backend.fail(job_id, {"error": "by hand"}, expected_version=1)
        await until(lambda: lost)

    assert lost == [(job_id, "job")]
    assert job.ended == [job_id]
    assert engine.backend.settled[0].status == "failed"
    assert len(engine.backend.settled) == 1
    assert "job.lease_lost" in events(caplog)


async def test_a_lease_that_cannot_be_extended_ends_the_run_in_time():
    job = Does(forever)
    told = asyncio.Event()

    async def on_lease_lost(job_id, row):
        told.set()

    engine = engine_for(job)
    await engine.enqueue(kind="job")
    async with working(engine, lease_ttl=0.3, on_lease_lost=on_lease_lost):
        await until(lambda: job.started)
        began = time.monotonic()
        engine.backend.go_down()
        await told.wait()

        assert time.monotonic() - began < 0.45
        assert job.ended


async def test_a_hanging_extend_ends_the_run_in_time_too():
    job = Does(forever)
    lost = []
    engine = engine_for(job)
    engine.backend.hold("extend_leases")
    await engine.enqueue(kind="job")
    async with working(
        engine, lease_ttl=0.2, on_lease_lost=lambda *found: lost.append(found)
    ):
        await until(lambda: lost)
        engine.backend.let_go("extend_leases")


async def test_what_a_callback_raises_is_logged(caplog):
    def on_lease_lost(job_id, row):
        raise ZeroDivisionError

    job = Does(forever)
    engine = engine_for(job)
    await engine.enqueue(kind="job", max_attempts=1)
    async with working(engine, lease_ttl=0.1, on_lease_lost=on_lease_lost):
        await until(lambda: job.started)
        engine.backend.go_down()
        await until(lambda: "callback failed" in caplog.messages)


async def test_an_outcome_that_waits_to_be_settled_keeps_its_lease():
    job = Does()
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    engine.backend.hold("settle")
    async with working(engine, lease_ttl=0.2), working(engine, lease_ttl=0.2):
        await until(lambda: engine.backend.calls["settle"])
        await asyncio.sleep(0.5)
        engine.backend.let_go("settle")
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("success", 1)
    assert len(job.started) == 1


class Busy(FakeBackend):
    """Cannot say about leases for a while."""

    busy = 4

    async def extend_leases(self, worker_id, versions, ttl_s):
        self.calls["extend_leases"] += bool(versions)
        if versions and self.busy:
            self.busy -= 1
            return LeaseReport()
        return await super().extend_leases(worker_id, versions, ttl_s)


async def test_a_busy_lease_is_asked_for_again_soon():
    gate = asyncio.Event()

    async def act(ctx, payload):
        await gate.wait()

    engine = engine_for(act, backend=Busy())
    job_id = await engine.enqueue(kind="job")
    async with working(engine, lease_ttl=1):
        began = time.monotonic()
        await until(lambda: engine.backend.calls["extend_leases"] > 4)
        assert time.monotonic() - began < 0.95
        gate.set()
        assert (await until_ended(engine, job_id))["status"] == "success"


async def test_a_reaped_job_is_run_by_another_worker():
    """Trap 4: back to the queue until attempts run out."""
    first, second = Does(forever), Does()
    backend = FakeBackend()
    dying = engine_for(first, backend=backend)
    job_id = await dying.enqueue(kind="job")
    async with working(dying, lease_ttl=0.2, max_concurrency=1) as worker:
        await until(lambda: first.started)
        worker._crew.leases.extending.end()
        worker._crew.leases.watching.end()
        async with working(engine_for(second, backend=backend), lease_ttl=5):
            record = await until_ended(dying, job_id)

    assert (record["status"], record["attempts"]) == ("success", 2)


async def test_a_job_that_is_done_is_not_stopped_by_a_late_report():
    gate = asyncio.Event()

    async def act(ctx, payload):
        await gate.wait()

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    engine.backend.hold("extend_leases")
    async with working(engine, lease_ttl=1):
        await until_status(engine, job_id, "running")
        await until(lambda: engine.backend.calls["extend_leases"])
        gate.set()
        await until_ended(engine, job_id)
        engine.backend.let_go("extend_leases")
        again = await engine.enqueue(kind="job")
        assert (await until_ended(engine, again))["status"] == "success"
