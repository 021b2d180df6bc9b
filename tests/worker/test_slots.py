from __future__ import annotations

import asyncio

from pyjobkit_django.contracts import Slot
from tests.worker.fakes import Does, engine_for, events, until, until_ended, working


class Stuck(Slot):
    """Whose thread never comes back."""

    async def tidy(self):
        return False


async def test_each_slot_is_entered_once():
    engine = engine_for(None)
    ids = await engine.enqueue_many([{"kind": "job"}] * 20)
    async with working(engine, max_concurrency=2):
        for job_id in ids:
            await until_ended(engine, job_id)

    assert engine.backend.slots_entered == 2


async def test_a_slot_that_cannot_be_used_again_is_replaced(caplog):
    engine = engine_for(None)
    engine.backend.slot_class = Stuck
    async with working(engine, max_concurrency=1) as worker:
        await until_ended(engine, await engine.enqueue(kind="job"))
        await until(lambda: engine.backend.slots_entered == 2)
        assert worker._crew.slots.abandoned == 1
        engine.backend.slot_class = Slot
        await until_ended(engine, await engine.enqueue(kind="job"))

    assert "worker.slot_abandoned" in events(caplog)


async def test_a_worker_that_has_abandoned_too_many_slots_drains(caplog):
    engine = engine_for(None)
    engine.backend.slot_class = Stuck
    await engine.enqueue_many([{"kind": "job"}] * 10)
    async with working(engine, max_concurrency=2) as worker:
        await worker.wait_stopped()

    assert "worker.gives_up" in events(caplog)
    assert worker._crew.slots.abandoned >= 5


async def test_a_slot_that_breaks_is_entered_anew(caplog):
    class Breaking(Slot):
        async def tidy(self):
            raise OSError

    job = Does()
    engine = engine_for(job)
    engine.backend.slot_class = Breaking
    await engine.enqueue_many([{"kind": "job"}] * 2)
    async with working(engine, max_concurrency=1):
        await until(lambda: len(job.ended) == 2)

    assert events(caplog).count("worker.trouble") >= 1


async def test_a_slot_is_free_only_once_it_is_tidy():
    class Slow(Slot):
        gate = asyncio.Event()

        async def tidy(self):
            await self.gate.wait()
            return True

    job = Does()
    engine = engine_for(job)
    engine.backend.slot_class = Slow
    await engine.enqueue_many([{"kind": "job"}] * 2)
    async with working(engine, max_concurrency=1):
        await until(lambda: job.ended)
        await asyncio.sleep(0.05)
        assert len(job.started) == 1
        Slow.gate.set()
        await until(lambda: len(job.ended) == 2)
