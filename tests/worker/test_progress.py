from __future__ import annotations

import asyncio
import time

from pyjobkit_django.contracts import ProgressUpdate
from pyjobkit_django.worker import progress_writer
from pyjobkit_django.worker.progress_writer import PAUSE_S, ProgressWriter
from tests.worker.fakes import (
    FakeBackend,
    a_job,
    engine_for,
    until,
    until_ended,
    working,
)


async def test_the_last_progress_is_written_before_the_settle():
    async def act(ctx, payload):
        await ctx.set_progress(0.5, step="half")
        await ctx.set_progress(1, step="done")

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["progress"], record["progress_meta"]) == (1.0, {"step": "done"})


async def test_many_changes_cost_few_writes_and_are_seen_while_the_job_runs():
    gate = asyncio.Event()

    async def act(ctx, payload):
        for number in range(10_000):
            await ctx.set_progress(number / 10_000)
        await gate.wait()

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    started = time.monotonic()
    async with working(engine):

        async def seen():
            return (await engine.get(job_id))["progress"] == 0.9999

        await until(seen)
        gate.set()
        await until_ended(engine, job_id)

    most = 5 + (time.monotonic() - started) / PAUSE_S
    assert engine.backend.calls["record_progress"] <= most


async def test_progress_is_announced_too():
    heard = []

    async def hear(payload):
        heard.append(payload)

    async def act(ctx, payload):
        await ctx.set_progress(0.25, step="a")

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    engine.event_bus.subscribe(f"job.{job_id}.progress", hear)
    async with working(engine):
        await until_ended(engine, job_id)

    assert heard == [{"value": 0.25, "step": "a"}]


async def test_progress_that_cannot_be_stored_is_refused_with_its_path():
    async def act(ctx, payload):
        await ctx.set_progress(0.25, at=object())

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job", max_attempts=1)
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert "progress.at" in record["result"]["message"]


async def test_an_outage_keeps_the_latest_and_holds_no_settle_up(monkeypatch):
    monkeypatch.setattr(progress_writer, "PATIENCE_S", 0.05)

    async def act(ctx, payload):
        await ctx.set_progress(0.5)

    engine = engine_for(act)
    engine.backend.broken = {"record_progress"}
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        assert (await until_ended(engine, job_id))["status"] == "success"


async def test_what_failed_is_written_later_unless_there_is_newer():
    backend = FakeBackend()
    backend.broken = {"record_progress"}
    writer = ProgressWriter(backend)
    first, second = a_job(), a_job()
    for job, value in ((first, 0.1), (second, 0.2)):
        writer.record(ProgressUpdate(job_id=job.id, version=1, value=value))
    await writer.flush({first.id})
    writer.record(ProgressUpdate(job_id=first.id, version=1, value=0.9))

    assert [update.value for update in writer._latest.values()] == [0.9, 0.2]
