from __future__ import annotations

import asyncio
from contextvars import ContextVar
from uuid import uuid4

import pytest

from pyjobkit_django import DiscardJob, SnoozeJob
from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.context import DefaultExecContext
from pyjobkit_django.events import LocalEventBus
from pyjobkit_django.executors import BatchExecutor, BatchJob
from pyjobkit_django.executors import batch as module
from pyjobkit_django.logs import MemoryLogSink
from tests.worker.fakes import engine_for, until, until_ended, worker_for, working


class Squares(BatchExecutor):
    """Squares ``n``; waits for ``gate`` where there is one."""

    kind = "square"

    def __init__(self, answer=None):
        # As code written for pyjobkit may be: without calling the constructor above.
        self.answer = answer
        self.batches = []
        self.cancelled = 0
        self.gate = None

    async def run_batch(self, jobs):
        self.batches.append([job.payload["n"] for job in jobs])
        try:
            if self.gate:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.answer:
            return self.answer(jobs)
        return [{"square": job.payload["n"] ** 2} for job in jobs]


def run(executor, n=0, ctx=None):
    ctx = ctx or DefaultExecContext(
        uuid4(),
        log_sink=MemoryLogSink(),
        event_bus=LocalEventBus(),
        backend=MemoryBackend(),
    )
    return executor.run(job_id=ctx.job_id, payload={"n": n}, ctx=ctx)


async def run_all(executor, numbers):
    tasks = [asyncio.ensure_future(run(executor, n)) for n in numbers]
    await asyncio.wait(tasks)
    return [task.exception() or task.result() for task in tasks]


async def enqueue(engine, numbers, **options):
    return await engine.enqueue_many(
        [{"kind": "square", "payload": {"n": n}, **options} for n in numbers]
    )


# Gathering.


async def test_runs_that_come_together_are_one_batch():
    executor = Squares()

    results = await run_all(executor, range(4))

    assert executor.batches == [[0, 1, 2, 3]]
    assert results == [{"square": n**2} for n in range(4)]


async def test_what_comes_while_a_batch_is_under_way_makes_up_the_next_one():
    executor = Squares()
    executor.gate = asyncio.Event()
    first = asyncio.create_task(run(executor, 1))
    await until(lambda: executor.batches)

    later = [asyncio.create_task(run(executor, n)) for n in (2, 3)]
    await asyncio.sleep(0)
    executor.gate.set()
    await asyncio.wait([first, *later])

    assert executor.batches == [[1], [2, 3]]
    assert [task.result()["square"] for task in later] == [4, 9]


async def test_a_batch_is_no_larger_than_it_may_be():
    executor = Squares()
    executor.max_batch_size = 2

    results = await run_all(executor, range(5))

    assert executor.batches == [[0, 1], [2, 3], [4]]
    assert results[-1] == {"square": 16}


async def test_a_worker_s_jobs_are_done_together_and_each_gets_its_own_result():
    executor = Squares()
    engine = engine_for(executor)
    job_ids = await enqueue(engine, range(6))

    await worker_for(engine, max_concurrency=6).run(once=True)

    records = [await engine.get(job_id) for job_id in job_ids]
    assert [record["result"] for record in records] == [
        {"square": n**2} for n in range(6)
    ]
    assert executor.batches == [list(range(6))]


async def test_a_batch_knows_of_each_job_its_attempt_its_version_and_its_context():
    seen = []

    def look(jobs):
        seen.extend(jobs)
        return [None] * len(jobs)

    engine = engine_for(Squares(look))
    (job_id,) = await enqueue(engine, [7])
    await worker_for(engine).run(once=True)

    (job,) = seen
    assert job == BatchJob(job_id=job_id, payload={"n": 7}, attempts=1, version=1)
    await job.ctx.log("may log")


async def test_outside_a_worker_a_job_has_no_version():
    seen = []
    await run(Squares(lambda jobs: seen.extend(jobs) or [None]))

    assert [(job.attempts, job.version) for job in seen] == [(1, None)]


async def test_a_batch_runs_in_the_context_of_one_of_its_runs():
    who = ContextVar("who", default="nobody")

    async def run_as(name, n):
        who.set(name)
        return await run(executor, n)

    executor = Squares(lambda jobs: [who.get()] * len(jobs))
    first = asyncio.create_task(run_as("Ada", 1))
    second = asyncio.create_task(run_as("Grace", 2))

    assert await first == await second == "Ada"


# Failing.


async def test_an_exception_in_the_place_of_a_result_fails_only_that_job():
    def one_bad(jobs):
        return [
            ValueError("odd") if job.payload["n"] % 2 else job.payload["n"]
            for job in jobs
        ]

    engine = engine_for(Squares(one_bad))
    job_ids = await enqueue(engine, range(3), max_attempts=1)

    await worker_for(engine, max_concurrency=3).run(once=True)

    records = [await engine.get(job_id) for job_id in job_ids]
    statuses = [record["status"] for record in records]
    assert statuses == ["success", "failed", "success"]
    assert records[1]["result"]["message"] == "odd"


async def test_a_place_may_hold_any_answer_that_an_executor_may_raise():
    def answers(jobs):
        return [
            {"discard": DiscardJob("no"), "snooze": SnoozeJob(0), "fine": 1}[
                "fine" if job.attempts < job.version else job.payload["n"]
            ]
            for job in jobs
        ]

    engine = engine_for(Squares(answers))
    discarded, snoozed = await enqueue(engine, ["discard", "snooze"])

    await worker_for(engine).run(once=True)

    assert (await engine.get(discarded))["result"]["reason"] == "no"
    assert (await engine.get(snoozed))["result"] == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda jobs: [1], r"Squares.run_batch returned 1 results for 2 jobs"),
        (lambda jobs: [1, 2, 3], r"Squares.run_batch returned 3 results for 2 jobs"),
        (lambda jobs: None, r"Squares.run_batch must return a list .*, not NoneType"),
        (lambda jobs: {}, r"Squares.run_batch must return a list .*, not dict"),
        (lambda jobs: 1 / 0, r"division by zero"),
    ],
)
async def test_what_is_wrong_with_the_batch_fails_each_of_its_jobs(answer, told):
    executor = Squares(answer)

    for error in await run_all(executor, range(2)):
        with pytest.raises(Exception, match=told):
            raise error


async def test_after_a_batch_that_failed_comes_the_next_one():
    executor = Squares(lambda jobs: 1 / 0)
    await run_all(executor, [1])
    executor.answer = None

    assert await run(executor, 3) == {"square": 9}


@pytest.mark.parametrize("error", [SystemExit(1), asyncio.CancelledError()])
async def test_whatever_a_batch_raises_its_worker_lives_on(error):
    def leave(jobs):
        raise error

    engine = engine_for(Squares(leave))
    (job_id,) = await enqueue(engine, [1], max_attempts=1)

    await worker_for(engine).run(once=True)

    record = await engine.get(job_id)
    assert record["status"] == "failed"
    assert record["result"]["exception_type"] == type(error).__name__


# Stopping.


async def test_a_job_that_is_stopped_leaves_its_batch_to_the_others():
    executor = Squares()
    executor.gate = asyncio.Event()
    engine = engine_for(executor)
    stopped, kept = await enqueue(engine, [1, 2])

    async with working(engine):
        await until(lambda: executor.batches)
        await engine.cancel(stopped)
        assert (await until_ended(engine, stopped))["status"] == "cancelled"
        executor.gate.set()
        assert (await until_ended(engine, kept))["result"] == {"square": 4}

    assert executor.batches == [[1, 2]]
    assert executor.cancelled == 0


async def test_a_batch_whose_jobs_are_all_stopped_is_stopped():
    executor = Squares()
    executor.gate = asyncio.Event()
    engine = engine_for(executor)
    job_ids = await enqueue(engine, [1, 2], timeout_s=0.05)

    await worker_for(engine).run(once=True)

    statuses = [(await engine.get(job_id))["status"] for job_id in job_ids]
    assert statuses == ["timeout", "timeout"]
    assert executor.cancelled == 1


async def test_a_job_that_is_stopped_while_it_waits_is_in_no_batch():
    executor = Squares()
    executor.gate = asyncio.Event()
    first = asyncio.create_task(run(executor, 1))
    await until(lambda: executor.batches)
    waiting = [asyncio.create_task(run(executor, n)) for n in (2, 3)]
    await asyncio.sleep(0)

    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    executor.gate.set()
    await asyncio.wait([first, waiting[1]])

    assert executor.batches == [[1], [3]]


async def test_where_everybody_leaves_before_the_batch_begins_there_is_none():
    executor = Squares()
    task = asyncio.create_task(run(executor, 1))
    await asyncio.sleep(0)

    task.cancel()
    await asyncio.wait([task])

    assert await run(executor, 2) == {"square": 4}
    assert executor.batches == [[2]]


async def test_closing_stops_the_batch_under_way():
    executor = Squares()
    executor.gate = asyncio.Event()
    task = asyncio.create_task(run(executor, 1))
    await until(lambda: executor.batches)

    await executor.close()

    await asyncio.wait([task])
    assert task.cancelled()
    assert executor.cancelled == 1


async def test_closing_waits_for_a_deaf_batch_only_so_long(monkeypatch):
    monkeypatch.setattr(module, "CLOSING_S", 0.01)
    ears = asyncio.Event()

    class Deaf(Squares):
        async def run_batch(self, jobs):
            self.batches.append(jobs)
            while not ears.is_set():
                try:
                    await ears.wait()
                except asyncio.CancelledError:
                    self.cancelled += 1
            return ["done"]

    executor = Deaf()
    task = asyncio.create_task(run(executor, 1))
    await until(lambda: executor.batches)

    await executor.close()
    assert (executor.cancelled, task.done()) == (1, False)

    ears.set()
    assert await task == "done"


async def test_an_idle_executor_is_closed_at_once():
    executor = Squares()
    await run(executor, 1)
    await asyncio.sleep(0)

    await executor.close()

    assert executor.cancelled == 0
