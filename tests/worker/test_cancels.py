from __future__ import annotations

import asyncio

from tests.worker.fakes import (
    Does,
    FakeBackend,
    Silent,
    engine_for,
    events,
    forever,
    until,
    until_ended,
    working,
)


async def test_a_running_job_is_stopped_where_there_are_no_hints(caplog):
    caplog.set_level("INFO", "pyjobkit.worker")
    job = Does(forever)
    engine = engine_for(job, backend=Silent())
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until(lambda: job.started)
        await engine.cancel(job_id)
        record = await until_ended(engine, job_id)

    assert record["status"] == "cancelled"
    assert job.ended == [job_id]
    assert "job.cancelled" in events(caplog)


async def test_a_hint_stops_it_at_once():
    job = Does(forever)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    async with working(engine, poll_interval=60, lease_ttl=300) as worker:
        await until(lambda: job.started)
        await until(lambda: worker._crew.cancels._channel.healthy)
        await engine.cancel(job_id)
        assert (await until_ended(engine, job_id))["status"] == "cancelled"


async def test_the_lease_keeper_learns_of_it_where_a_hint_was_missed():
    class Deaf(FakeBackend):
        async def cancel_requests(self, job_ids):
            if self.calls["extend_leases"]:
                return await super().cancel_requests(job_ids)
            return frozenset()

    job = Does(forever)
    engine = engine_for(job, backend=Deaf())
    job_id = await engine.enqueue(kind="job")
    async with working(engine, poll_interval=60, lease_ttl=0.5):
        await until(lambda: job.started)
        await engine.cancel(job_id)
        assert (await until_ended(engine, job_id))["status"] == "cancelled"


async def test_the_context_tells_a_job_that_it_is_cancelled():
    told = []

    async def act(ctx, payload):
        told.append(await ctx.is_cancelled())
        try:
            await asyncio.Event().wait()
        finally:
            told.append(await ctx.is_cancelled())

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until(lambda: told)
        await engine.cancel(job_id)
        await until_ended(engine, job_id)

    assert told == [False, True]


async def test_a_job_that_ends_although_it_was_cancelled_counts_as_it_ended():
    async def act(ctx, payload):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done"

    job = Does(act)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until(lambda: job.started)
        await engine.cancel(job_id)
        record = await until_ended(engine, job_id)

    assert (record["status"], record["result"]) == ("success", "done")


async def test_while_hints_arrive_nobody_asks_about_jobs_that_none_named():
    job = Does(forever)
    engine = engine_for(job)
    await engine.enqueue(kind="job")
    async with working(engine) as worker:
        await until(lambda: job.started)
        await until(lambda: worker._crew.cancels._channel.healthy)
        asked = engine.backend.calls["cancel_requests"]
        await asyncio.sleep(0.3)

        assert engine.backend.calls["cancel_requests"] <= asked + 1
