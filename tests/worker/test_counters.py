"""What runs came to: counted in memory, handed to a backend that keeps it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from pyjobkit_django.worker import tally as tally_module
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.counter_writer import CounterWriter
from pyjobkit_django.worker.tally import Tally
from tests.worker.fakes import (
    FakeBackend,
    OutOfReachError,
    a_job,
    engine_for,
    until,
    until_ended,
    worker_for,
    working,
)


class Clock:
    """The wall's, in the middle of a minute."""

    def __init__(self):
        self.now = 1_800_000_030.0

    def __call__(self):
        return self.now


class Counting(FakeBackend):
    keeps_counts = True

    def __init__(self):
        super().__init__()
        self.counted = []

    async def record_counts(self, worker_id, counts):
        self.calls["record_counts"] += 1
        if "record_counts" in self.broken:
            raise OutOfReachError("record_counts")
        self.counted += [(worker_id, count) for count in counts]

    async def roll_up_counts(self):
        self.calls["roll_up_counts"] += 1


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tally(clock):
    return Tally(clock)


@pytest.fixture
def writer(tally):
    engine = engine_for(None, backend=Counting())
    kinds = frozenset({"job"})
    shift = worker_for(engine)._shift(engine.backend, engine.log_sink, kinds)
    object.__setattr__(shift, "tally", tally)
    return CounterWriter(shift, Contact(30))


def summed(counts):
    return {(each.kind, each.outcome): each.count for each in counts}


def test_runs_are_counted_by_kind_and_outcome_with_their_times(tally):
    tally.add(a_job(waited_s=0.0015), "success", 0.5)
    tally.add(a_job(waited_s=None), "success", None)
    tally.add(a_job(kind="other"), "failed", 0.1)

    assert summed(tally.all()) == {("job", "success"): 2, ("other", "failed"): 1}
    first = tally.all()[0]
    assert (sum(first.waited), first.waited[1]) == (1, 1)
    assert (sum(first.ran), first.ran[9]) == (1, 1)


def test_a_minute_has_ended_once_the_next_one_began(tally, clock):
    tally.add(a_job(), "success", 0.1)
    assert tally.ended() == []
    assert tally.next_minute_s() == 30

    clock.now += 30
    tally.add(a_job(), "success", 0.1)

    (ended,) = tally.ended()
    assert ended.starts_at.timestamp() == 1_800_000_000
    tally.forget([ended])
    assert [each.starts_at.timestamp() for each in tally.all()] == [1_800_000_060]


def test_what_cannot_be_written_for_long_loses_its_oldest_part(
    tally, clock, monkeypatch
):
    monkeypatch.setattr(tally_module, "MAX_HELD", 3)
    for _ in range(5):
        tally.add(a_job(), "success", 0.1)
        clock.now += 60

    assert len(tally.all()) == 3
    assert tally.all()[0].starts_at.timestamp() == 1_800_000_120


async def test_counts_are_handed_on_once_their_minute_is_over(writer, tally, clock):
    backend = writer._shift.backend
    tally.add(a_job(), "success", 0.1)
    pause_s = await writer._write()
    assert backend.counted == []
    assert 30 < pause_s < 34

    clock.now += 31
    await writer._write()
    await writer._write()

    ((worker_id, count),) = backend.counted
    assert (worker_id, count.count) == (writer._shift.worker_id, 1)


async def test_counts_that_were_refused_are_offered_again(writer, tally, clock):
    backend = writer._shift.backend
    tally.add(a_job(), "success", 0.1)
    clock.now += 60
    backend.broken = {"record_counts"}
    with pytest.raises(OutOfReachError):
        await writer._write()
    backend.broken = set()

    await writer._write()

    assert [count.count for _, count in backend.counted] == [1]


async def test_counts_are_rolled_up_at_the_start_and_once_a_quarter_of_an_hour(writer):
    backend, now = writer._shift.backend, 5.0
    writer._shift = replace(writer._shift, clock=lambda: now)

    await writer._write()
    now += 899
    await writer._write()
    assert backend.calls["roll_up_counts"] == 1

    now += 1
    await writer._write()
    assert backend.calls["roll_up_counts"] == 2


async def test_a_worker_that_stops_hands_on_the_minute_under_way():
    engine = engine_for(None, backend=Counting())
    async with working(engine) as worker:
        await until(lambda: engine.backend.calls["roll_up_counts"])
        await until_ended(engine, await engine.enqueue(kind="job"))
        await until(lambda: worker._crew.settler._pending == [])

    assert {worker_id for worker_id, _ in engine.backend.counted} == {worker.worker_id}
    assert summed(count for _, count in engine.backend.counted) == {
        ("job", "success"): 1
    }


async def test_a_worker_that_stops_does_not_insist(caplog, writer, tally):
    tally.add(a_job(), "success", 0.1)
    writer._shift.backend.broken = {"record_counts"}

    await writer.finish(1.0)

    assert "last counts not written" in caplog.text


async def test_a_backend_that_keeps_no_counts_is_asked_for_nothing():
    engine = engine_for(None)
    assert not engine.backend.keeps_counts
    await engine.backend.record_counts(uuid4(), [])
    await engine.backend.roll_up_counts()

    async with working(engine):
        await until_ended(engine, await engine.enqueue(kind="job"))
