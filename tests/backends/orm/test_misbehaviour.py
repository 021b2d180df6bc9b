"""One worker on a real database, and everything that a job's code may do to it at once."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction

from pyjobkit_django import Engine
from pyjobkit_django.backends.orm import DatabaseLogSink, DjangoBackend
from pyjobkit_django.worker import LogLimits, run
from pyjobkit_django.worker.run_log import LIMIT_REACHED
from tests.marks import committed
from tests.worker.fakes import Does, worker_for

pytestmark = [
    committed,
    pytest.mark.slow,
    pytest.mark.usefixtures("callers_thread"),
]

may_end = asyncio.Event()


async def swallows(ctx):
    while not may_end.is_set():
        try:
            await may_end.wait()
        except asyncio.CancelledError:
            continue


async def never_returns(ctx):
    await asyncio.Event().wait()


async def blocks_the_loop(ctx):
    time.sleep(0.2)  # noqa: ASYNC251 - is what it is about
    return "blocked"


async def has_a_task_that_exits(ctx):
    await asyncio.create_task(exits(ctx))


async def exits(ctx):
    sys.exit(1)


async def interrupts(ctx):
    raise KeyboardInterrupt


async def returns_nan(ctx):
    return {"rows": [1, float("nan")]}


async def returns_50_mb(ctx):
    return "x" * 50_000_000


async def returns_no_end_of_lists(ctx):
    value = [0]
    for _ in range(25):
        value = [value] * 100
    return value


async def returns_nothing(ctx):
    return None


async def leaves_a_transaction_open(ctx):
    await sync_to_async(transaction.atomic().__enter__)()


async def closes_the_connection(ctx):
    def close():
        connection.ensure_connection()
        connection.connection.close()

    await sync_to_async(close)()


async def logs_and_progresses(ctx):
    for number in range(20_000):
        await ctx.log("line")
        await ctx.set_progress(number / 20_000)


ENDS = {
    swallows: ("timeout", "timeout"),
    never_returns: ("timeout", "timeout"),
    blocks_the_loop: ("success", ""),
    has_a_task_that_exits: ("failed", "RuntimeError"),
    exits: ("failed", "SystemExit"),
    interrupts: ("failed", "KeyboardInterrupt"),
    returns_nan: ("failed", "result.rows[1]"),
    returns_50_mb: ("failed", "result: takes over"),
    returns_no_end_of_lists: ("failed", "result: takes over"),
    returns_nothing: ("success", ""),
    leaves_a_transaction_open: ("success", ""),
    closes_the_connection: ("success", ""),
    logs_and_progresses: ("success", ""),
}


async def uses_the_database(ctx, payload):
    def look():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return connection.in_atomic_block

    return await sync_to_async(look)()


@asynccontextmanager
async def at_work(worker):
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        may_end.set()
        worker.stop_now()
        await task


async def test_each_ends_as_it_should_and_its_neighbours_succeed(monkeypatch):
    monkeypatch.setattr(run, "PATIENCE_S", 0.2)
    may_end.clear()

    async def abuse(ctx, payload):
        acts = {act.__name__: act for act in ENDS}
        return await acts[payload["how"]](ctx)

    engine = Engine(
        backend=DjangoBackend(),
        executors=[Does(abuse, "abuse"), Does(uses_the_database, "neighbour")],
        log_sink=DatabaseLogSink(),
    )
    async with engine:
        jobs, neighbours = {}, []
        for act in ENDS:
            limit_s = 0.3 if act in (swallows, never_returns) else 30
            jobs[act] = await engine.enqueue(
                kind="abuse",
                payload={"how": act.__name__},
                timeout_s=limit_s,
                max_attempts=1,
            )
            neighbours.append(await engine.enqueue(kind="neighbour", max_attempts=1))
        worker = worker_for(
            engine, max_concurrency=3, log_limits=LogLimits(lines=100), lease_ttl=60
        )
        async with at_work(worker):
            for act, (status, told) in ENDS.items():
                record = await engine.wait(jobs[act], timeout_s=40)
                assert (act, record["status"]) == (act, status)
                assert told in str(record["result"])
            for job_id in neighbours:
                record = await engine.wait(job_id, timeout_s=40)
                assert (record["status"], record["result"]) == ("success", False)

        lines = await engine.log_sink.get(jobs[logs_and_progresses])
        assert [line.message for line in lines] == ["line"] * 100 + [LIMIT_REACHED]
        progress = (await engine.get(jobs[logs_and_progresses]))["progress"]
        assert progress == 19_999 / 20_000
