from __future__ import annotations

import asyncio
import sys

import pytest

from tests.worker.fakes import engine_for, until_ended, working


async def leave():
    sys.exit("leaving")


async def interrupt():
    await asyncio.sleep(0)
    raise KeyboardInterrupt


async def exit_when_cancelled():
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        sys.exit(3)


@pytest.mark.parametrize("act", [leave, interrupt])
@pytest.mark.parametrize("awaited", [True, False])
async def test_a_task_of_a_job_does_not_end_the_worker(act, awaited):
    tasks = []

    async def run(ctx, payload):
        if not payload:
            return "fine"
        if awaited:
            async with asyncio.TaskGroup() as group:
                group.create_task(act())
        tasks.append(asyncio.create_task(act(), name="mine"))
        await asyncio.wait(tasks)
        return tasks[0].get_name()

    engine = engine_for(run)
    bad = await engine.enqueue(kind="job", payload={"bad": 1}, max_attempts=1)
    good = await engine.enqueue(kind="job")
    async with working(engine, max_concurrency=2):
        record = await until_ended(engine, bad)
        assert (await until_ended(engine, good))["result"] == "fine"

    if awaited:
        assert record["status"] == "failed"
        assert "unhandled errors in a TaskGroup" in record["result"]["error"]
    else:
        assert record["result"] == "mine"
        assert "a task of a job raised" in str(tasks[0].exception())


async def test_a_task_that_exits_when_it_is_cancelled_does_not_end_the_worker():
    async def run(ctx, payload):
        task = asyncio.create_task(exit_when_cancelled())
        await asyncio.sleep(0)
        task.cancel()
        await task

    engine = engine_for(run)
    job_id = await engine.enqueue(kind="job", max_attempts=1)
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert record["result"]["error"] == (
        "RuntimeError('a task of a job raised SystemExit(3)')"
    )


async def test_a_task_that_is_cancelled_before_it_starts_leaves_nothing_behind():
    async def run(ctx, payload):
        task = asyncio.create_task(leave())
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    engine = engine_for(run)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        assert (await until_ended(engine, job_id))["result"] is True


async def test_the_loop_s_own_way_to_make_tasks_is_kept_and_given_back():
    made = []

    def factory(loop, coroutine, **options):
        made.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **options)

    async def run(ctx, payload):
        return await asyncio.create_task(asyncio.sleep(0, "slept"))

    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    try:
        engine = engine_for(run)
        job_id = await engine.enqueue(kind="job")
        async with working(engine):
            assert (await until_ended(engine, job_id))["result"] == "slept"
        assert made
        assert loop.get_task_factory() is factory
    finally:
        loop.set_task_factory(None)
