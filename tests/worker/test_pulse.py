from __future__ import annotations

import asyncio
import math

import pytest

from pyjobkit_django.worker.backoff import Backoff
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.pulse import Pulse
from tests.worker.fakes import until


class Steps:
    def __init__(self, *pauses):
        self.pauses = list(pauses)
        self.taken = 0

    async def __call__(self):
        self.taken += 1
        answer = self.pauses.pop(0) if self.pauses else math.inf
        if isinstance(answer, BaseException):
            raise answer
        return answer


async def test_it_takes_steps_at_the_pace_they_ask_for():
    steps = Steps(0, 0.01, 0)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Pulse("test", steps).run())
        await until(lambda: steps.taken == 4)
        task.cancel()


async def test_it_can_be_woken_at_once_and_in_a_while():
    steps = Steps()
    pulse = Pulse("test", steps)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(pulse.run())
        await until(lambda: steps.taken == 1)
        pulse.wake()
        await until(lambda: steps.taken == 2)
        pulse.wake(within_s=60)
        pulse.wake(within_s=0.02)
        await until(lambda: steps.taken == 3)
        task.cancel()


async def test_a_wake_during_a_step_is_not_lost():
    took = []

    async def step():
        took.append(1)
        if len(took) == 1:
            pulse.wake()
        return math.inf

    pulse = Pulse("test", step)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(pulse.run())
        await until(lambda: len(took) == 2)
        task.cancel()


async def test_end_lets_the_loop_return():
    steps = Steps()
    pulse = Pulse("test", steps)
    async with asyncio.TaskGroup() as group:
        group.create_task(pulse.run())
        await until(lambda: steps.taken == 1)
        pulse.end()
        await pulse.over()


async def test_trouble_stays_in_the_loop_and_is_told_once_a_step(caplog):
    """Traps 6 and 7."""
    contact = Contact(30)
    steps = Steps(OSError("gone"), OSError("gone"), math.inf)
    backoff = Backoff(0.01, uniform=lambda low, high: 1.0)
    pulse = Pulse("test", steps, backoff=backoff, contact=contact)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(pulse.run())
        await until(lambda: steps.taken == 3)
        await until(lambda: not pulse.failing)
        task.cancel()

    told = [record for record in caplog.records if record.event == "worker.trouble"]
    assert [record.retry_delay_s for record in told] == [0.01, 0.02]
    assert [record.loop for record in told] == ["test", "test"]
    assert told[0].exc_info is not None
    assert told[1].exc_info is None


async def test_a_cancellation_that_is_not_ours_is_trouble_like_any_other(caplog):
    steps = Steps(asyncio.CancelledError(), math.inf)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Pulse("test", steps).run())
        await until(lambda: steps.taken == 2)
        task.cancel()

    assert len(caplog.records) == 1


async def test_a_loop_in_trouble_takes_a_breath_however_often_it_is_woken():
    steps = Steps(OSError(), math.inf)
    pulse = Pulse("test", steps, backoff=Backoff(0.05, uniform=lambda low, high: 1.0))
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(pulse.run())
        await until(lambda: pulse.failing)
        failed = loop.time()
        pulse.wake()
        await until(lambda: steps.taken == 2)
        task.cancel()

    assert loop.time() - failed >= 0.04


async def test_until_takes_the_steps_itself_where_no_loop_runs():
    steps = Steps(0, OSError(), 0)
    pulse = Pulse("test", steps, backoff=Backoff(0.01))

    await pulse.until(lambda: steps.taken == 3)

    assert steps.taken == 3


async def test_until_returns_when_the_loop_ends_under_it():
    gate = asyncio.Event()
    taken = []

    async def step():
        taken.append(1)
        if len(taken) == 1:
            await gate.wait()
        return math.inf

    pulse = Pulse("test", step)
    task = asyncio.create_task(pulse.run())
    await until(lambda: taken)
    waiting = asyncio.create_task(pulse.until(lambda: len(taken) == 2))
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(5):
        await waiting
    with pytest.raises(asyncio.CancelledError):
        await task


def test_waits_double_up_to_the_longest_and_start_again():
    backoff = Backoff(1, 5, uniform=lambda low, high: 1.0)

    assert [backoff.next_s() for _ in range(4)] == [1, 2, 4, 5]
    backoff.reset()
    assert backoff.next_s() == 1


def test_waits_are_spread():
    assert Backoff(1, uniform=lambda low, high: high).next_s() == 1.2
