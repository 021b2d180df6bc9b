from __future__ import annotations

import asyncio

import pytest

from pyjobkit_django.contracts import Slot
from pyjobkit_django.worker import run
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


class Stubborn:
    """Ignores every attempt to stop it until it may end."""

    def __init__(self):
        self.may_end = asyncio.Event()
        self.tried = 0

    async def __call__(self, ctx, payload):
        if not payload.get("stubborn"):
            return "fine"
        while not self.may_end.is_set():
            try:
                await self.may_end.wait()
            except asyncio.CancelledError:
                self.tried += 1
        return "late"


STUBBORN = {"kind": "job", "payload": {"stubborn": True}}


@pytest.mark.parametrize("how", ["timeout", "cancelled"])
async def test_a_run_that_ignores_being_stopped_is_abandoned(monkeypatch, caplog, how):
    monkeypatch.setattr(run, "PATIENCE_S", 0.05)
    act = Stubborn()
    job = Does(act)
    engine = engine_for(job)
    limit_s = 0.05 if how == "timeout" else 60
    stubborn = await engine.enqueue(**STUBBORN, timeout_s=limit_s)
    neighbour = await engine.enqueue(kind="job")
    async with working(engine, max_concurrency=1) as worker:
        await until(lambda: job.started)
        if how == "cancelled":
            await engine.cancel(stubborn)
        assert (await until_ended(engine, stubborn))["status"] == how
        assert (await until_ended(engine, neighbour))["result"] == "fine"
        assert worker._crew.slots.abandoned == 1

        act.may_end.set()
        await until(lambda: len(job.ended) == 2)
        assert (await engine.get(stubborn))["status"] == how

    assert act.tried == 1
    assert "job.abandoned" in events(caplog)


async def test_a_run_without_a_lease_that_goes_on_is_abandoned_unwritten(monkeypatch):
    monkeypatch.setattr(run, "PATIENCE_S", 0.05)
    act, lost = Stubborn(), []
    engine = engine_for(act)
    stubborn = await engine.enqueue(**STUBBORN)
    options = {"lease_ttl": 0.3, "on_lease_lost": lambda id_, row: lost.append(id_)}
    async with working(engine, max_concurrency=1, **options):
        await until(lambda: engine.backend.calls["extend_leases"])
        engine.backend.broken = {"extend_leases"}
        await until(lambda: lost == [stubborn])
        engine.backend.broken = set()
        act.may_end.set()
        assert (await until_ended(engine, stubborn))["result"] == "late"

    assert [outcome.version for outcome in engine.backend.settled] == [3]


async def test_a_worker_with_too_many_runs_that_go_on_drains(monkeypatch, caplog):
    monkeypatch.setattr(run, "PATIENCE_S", 0.01)
    act = Stubborn()
    engine = engine_for(act)
    await engine.enqueue_many([STUBBORN | {"timeout_s": 0.01}] * 5)
    async with working(engine, max_concurrency=1) as worker:
        await worker.wait_stopped()
        act.may_end.set()

    assert "worker.gives_up" in events(caplog)
    assert worker._crew.slots.abandoned == 3
