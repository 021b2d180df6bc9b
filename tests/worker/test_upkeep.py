"""Promoter, reaper, heartbeat, listener, and what they know about the backend."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from pyjobkit_django.contracts import ClaimRequest, Sweep, Wakeup, WakeupKind
from pyjobkit_django.worker.channel import Channel
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.hints import Hints
from pyjobkit_django.worker.listener import Listener
from pyjobkit_django.worker.reaper import Reaper
from tests.worker.fakes import (
    FakeBackend,
    Silent,
    engine_for,
    events,
    until,
    until_ended,
    worker_for,
    working,
)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize("backend", [FakeBackend, Silent])
async def test_a_scheduled_job_runs_when_its_time_comes(backend):
    engine = engine_for(None, backend=backend())
    async with working(engine):
        began = time.monotonic()
        job_id = await engine.enqueue_in(0.2, kind="job")
        await until_ended(engine, job_id)

    assert 0.19 < time.monotonic() - began < 1


async def test_a_hint_shortens_the_promoters_sleep():
    engine = engine_for(None)
    async with working(engine, poll_interval=60):
        await until(lambda: engine.backend.calls["promote"])
        job_id = await engine.enqueue_in(0.05, kind="job")
        await until_ended(engine, job_id)


async def test_a_fresh_worker_reaps_at_once(caplog):
    engine = engine_for(None)
    job_id = await engine.enqueue(kind="job")
    await engine.backend.claim(ClaimRequest(worker_id=uuid4(), limit=1, ttl_s=0.01))
    await asyncio.sleep(0.02)
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert record["attempts"] == 2
    assert "watchdog.reaped" in events(caplog)


async def test_a_reaper_that_was_cut_off_waits_one_lease_before_it_reaps():
    engine = engine_for(None)
    async with working(engine, lease_ttl=0.4, watchdog_interval_s=0.05) as worker:
        backend = engine.backend
        await until(lambda: backend.calls["reap"] > 1)
        backend.go_down()
        await until(lambda: worker._crew.reaper._contact.is_out)
        backend.come_back()
        await until(lambda: worker._crew.reaper._contact.grace_s() > 0)
        began, reaped = time.monotonic(), backend.calls["reap"]
        await until(lambda: backend.calls["reap"] > reaped)

    assert time.monotonic() - began > 0.3


async def test_the_reaper_sleeps_until_the_next_lease_ends():
    class Telling(FakeBackend):
        async def reap(self):
            self.calls["reap"] += 1
            return Sweep(next_in_s={1: 0.05, 2: 0.0}.get(self.calls["reap"]))

    engine = engine_for(None, backend=Telling())
    async with working(engine, watchdog_interval_s=60):
        await until(lambda: engine.backend.calls["reap"] == 3)


async def test_a_reaper_looks_whether_an_outage_is_over_before_it_reaps():
    engine = engine_for(None)
    clock = Clock()
    contact = Contact(30, engine.backend.check_connection, clock=clock)
    contact.missed()
    clock.now += 60
    async with working(engine) as worker:
        await until(lambda: worker._crew)
        reaper = Reaper(worker._crew.claimer._shift, Hints(), contact)
        before = engine.backend.calls["reap"]

        assert await reaper._reap() == 30
        assert engine.backend.calls["check_connection"] == 1
        assert engine.backend.calls["reap"] <= before + 1


def test_an_outage_is_half_a_lease_without_contact_and_a_failure():
    clock = Clock()
    contact = Contact(30, clock=clock)
    clock.now += 100
    assert not contact.is_out

    contact.missed()
    assert contact.is_out
    assert contact.grace_s() == 0

    contact.made()
    assert not contact.is_out
    assert contact.grace_s() == 30
    clock.now += 31
    assert contact.grace_s() == 0


def test_a_short_outage_is_none():
    clock = Clock()
    contact = Contact(30, clock=clock)
    contact.missed()
    clock.now += 7
    contact.made()

    assert contact.grace_s() == 0


def test_a_channel_is_healthy_while_probes_arrive():
    clock = Clock()
    channel = Channel(10, clock=clock)
    assert not channel.healthy
    channel.heard()
    assert channel.healthy
    clock.now += 11
    assert not channel.healthy
    channel.heard()
    channel.lost()
    assert not channel.healthy


async def test_a_worker_gives_signs_of_life(caplog):
    caplog.set_level("DEBUG", "pyjobkit.worker")
    heard = []

    async def on_heartbeat(worker_id):
        heard.append(worker_id)

    engine = engine_for(None)
    worker = worker_for(
        engine, heartbeat_interval_s=0.02, on_heartbeat=on_heartbeat, tags=["eu"]
    )
    async with working(worker):
        await until(lambda: len(heard) > 2)
        (beat,) = await engine.backend.workers()
        assert beat.state == "running"
        assert (beat.kinds, beat.tags, beat.queues) == (("job",), ("eu",), ())

    (beat,) = await engine.backend.workers()
    assert (beat.state, beat.worker_id) == ("stopped", worker.worker_id)
    assert heard[0] == worker.worker_id
    assert "worker.heartbeat" in events(caplog)


async def test_a_worker_that_is_asked_to_drain_lets_its_job_end_and_stops(caplog):
    caplog.set_level("INFO", "pyjobkit.worker")
    started, release = asyncio.Event(), asyncio.Event()

    async def hold(ctx, payload):
        started.set()
        await release.wait()

    engine = engine_for(hold)
    worker = worker_for(engine, heartbeat_interval_s=0.02)
    job_id = await engine.enqueue(kind="job")
    async with working(worker):
        await started.wait()
        (beat,) = await engine.backend.workers()
        assert await engine.backend.ask_to_drain(beat.worker_id)
        await until(lambda: worker.stopping)
        release.set()
        await worker.wait_stopped()

    assert (await engine.get(job_id))["status"] == "success"
    assert "worker.drain_asked" in events(caplog)


async def test_a_last_beat_that_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("pyjobkit_django.worker.heartbeat.LAST_BEAT_S", 0.02)
    engine = engine_for(None)
    engine.backend.hold("heartbeat")
    worker = worker_for(engine)
    worker.request_stop()
    async with asyncio.timeout(2):
        await worker.run()


async def test_while_hints_arrive_the_worker_hardly_looks_by_itself():
    engine = engine_for(None)
    async with working(engine, poll_interval=0.2) as worker:
        await until(lambda: worker._crew and worker._crew.listener._channel.healthy)
        await until(lambda: engine.backend.calls["claim"] >= 2)
        before = engine.backend.calls["claim"]
        await asyncio.sleep(0.7)
        assert engine.backend.calls["claim"] <= before + 1

        await until_ended(engine, await engine.enqueue(kind="job"))


async def test_a_channel_that_stays_silent_is_not_trusted():
    class Mute(FakeBackend):
        """Listens, like a pooler that has no idea, and never hears a thing."""

        async def listen(self, receive):
            await asyncio.Event().wait()

    engine = engine_for(None, backend=Mute())
    async with working(engine) as worker:
        await until(lambda: engine.backend.calls["claim"] > 3)
        assert not worker._crew.listener._channel.healthy


async def test_a_channel_that_has_died_in_silence_is_opened_again():
    class Dying(FakeBackend):
        async def listen(self, receive):
            self.calls["listen"] += 1
            if self.calls["listen"] == 1:
                await asyncio.Event().wait()
            await super().listen(receive)

    engine = engine_for(None, backend=Dying())
    async with working(engine, heartbeat_interval_s=0.05) as worker:
        await until(lambda: worker._crew and worker._crew.listener._channel.healthy)

    assert engine.backend.calls["listen"] == 3


async def test_a_broken_channel_is_opened_again_and_everything_looked_at(caplog):
    class Breaking(FakeBackend):
        breaks = 2

        async def listen(self, receive):
            self.calls["listen"] += 1
            if self.breaks:
                self.breaks -= 1
                raise ConnectionError
            await super().listen(receive)

    engine = engine_for(None, backend=Breaking())
    async with working(engine, heartbeat_interval_s=0.05) as worker:
        await until(lambda: engine.backend.calls["listen"] == 4)
        await until(lambda: worker._crew.listener._channel.healthy)

    assert "worker.trouble" in events(caplog)


class Heard(Hints):
    def __init__(self):
        super().__init__()
        self.told = []
        self.when_queued = lambda: self.told.append("queued")
        self.when_scheduled = self.told.append
        self.when_cancelled = lambda job_id: self.told.append(str(job_id))


@pytest.mark.parametrize(
    ("wakeup", "told"),
    [
        (Wakeup(WakeupKind.QUEUED, "mail"), ["queued"]),
        (Wakeup(WakeupKind.QUEUED, ""), ["queued"]),
        (Wakeup(WakeupKind.QUEUED, "other"), []),
        (Wakeup(WakeupKind.SCHEDULED, "2.5"), [2.5]),
        (Wakeup(WakeupKind.SCHEDULED, "-3"), [0.0]),
        (Wakeup(WakeupKind.SCHEDULED, ""), [0.0]),
        (Wakeup(WakeupKind.SCHEDULED, "soon"), []),
        (Wakeup(WakeupKind.CANCEL, "no id"), []),
        (Wakeup(WakeupKind.CANCEL, "0" * 32), ["00000000-0000-0000-0000-000000000000"]),
        (Wakeup(WakeupKind.PROBE, "somebody else"), []),
    ],
)
async def test_a_hint_reaches_who_looks_and_nonsense_nobody(wakeup, told):
    engine = engine_for(None)
    async with working(engine, queues=["mail"]) as worker:
        await until(lambda: worker._crew)
        hints = Heard()
        shift = worker._crew.claimer._shift
        Listener(shift, Channel(1), hints, worker._crew.heartbeat).receive(wakeup)

    assert hints.told == told


def test_a_hint_that_nobody_waits_for_is_dropped():
    hints = Hints()
    hints.queued()
    hints.scheduled(1)
    hints.cancelled(None)
