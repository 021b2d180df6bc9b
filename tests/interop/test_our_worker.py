"""Pieces of pyjobkit's in our Engine and Worker: as they are, or through from_pyjobkit."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.contracts import ClaimRequest
from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import (
    JobNotFoundError,
    OptimisticLockError,
    UnsupportedError,
)
from pyjobkit_django.interop import from_pyjobkit
from pyjobkit_django.worker import Worker
from tests.interop.marks import against_pyjobkit, import_pyjobkit

pyjobkit = import_pyjobkit()

from pyjobkit.engine import (  # noqa: E402 - it may not be there
    DefaultExecContext,
    LocalEventBus,
    MemoryLogSink,
)
from pyjobkit.executors import SubprocessExecutor  # noqa: E402 - the same

from tests.interop.their_worker import Echo, Fails, Waits  # noqa: E402 - it imports it

pytestmark = against_pyjobkit


class Talks(pyjobkit.Executor):
    """Does all that a context is for."""

    kind = "talks"

    async def run(self, *, job_id, payload, ctx):
        async with ctx.profile_phase("greeting"):
            await ctx.log("hello", stream="stderr")
        await ctx.set_progress(0.5, step="half")
        return {"cancelled": await ctx.is_cancelled()}


@asynccontextmanager
async def at_work(engine, **options):
    worker = Worker(engine, poll_interval=0.02, **options)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        yield worker
        worker.request_stop()


async def ended(engine, job_id, **options):
    async with at_work(engine, **options):
        return await engine.wait(job_id, timeout_s=30)


@pytest.fixture
def theirs():
    return from_pyjobkit(pyjobkit.MemoryBackend())


# Their executors and policies, as they are.


async def test_its_executors_run_as_they_are():
    engine = Engine(backend=MemoryBackend(), executors=[Talks(), SubprocessExecutor()])
    talks = await engine.enqueue(kind="talks")
    shell = await engine.enqueue(kind="subprocess", payload={"cmd": ["echo", "hi"]})

    async with at_work(engine):
        assert (await engine.wait(talks, timeout_s=30))["result"] == {
            "cancelled": False
        }
        assert (await engine.wait(shell, timeout_s=30))["result"]["returncode"] == 0

    streams = [line.stream for line in await engine.log_sink.get(talks)]
    assert streams == ["stderr", "stdout"]
    assert (await engine.get(talks))["progress"] == 0.5
    assert from_pyjobkit(engine.executors["talks"]) is engine.executors["talks"]


async def test_its_retry_policies_run_as_they_are():
    engine = Engine(backend=MemoryBackend(), executors=[Fails()])
    policy = pyjobkit.FixedDelay(0.01)
    job_id = await engine.enqueue(kind="fails", payload={"times": 1})

    record = await ended(engine, job_id, retry_policy=policy)

    assert (record["status"], record["attempts"]) == ("success", 2)
    assert from_pyjobkit(policy) is policy


async def test_a_policy_of_its_that_gives_up_by_age_is_followed():
    engine = Engine(backend=MemoryBackend(), executors=[Fails()])
    policy = pyjobkit.FixedDelay(0.01, give_up_after_age_s=1e-6)
    job_id = await engine.enqueue(kind="fails", payload={"times": 9})

    record = await ended(engine, job_id, retry_policy=policy)

    assert record["result"]["reason"] == "age_exhausted"


# Sinks, buses and contexts.


async def test_its_log_sink_gets_the_lines_as_its_own_records():
    sink = MemoryLogSink()
    engine = Engine(
        backend=MemoryBackend(), executors=[Talks()], log_sink=from_pyjobkit(sink)
    )
    job_id = await engine.enqueue(kind="talks")

    await ended(engine, job_id)
    await engine.close()

    lines = await sink.get(job_id)
    assert {type(line) for line in lines} == {pyjobkit.contracts.LogRecord}
    assert (lines[0].stream, lines[0].message) == ("stderr", "hello")


@pytest.mark.parametrize("wrap", [lambda bus: bus, from_pyjobkit], ids=["bare", "from"])
async def test_its_event_bus_carries_progress(wrap):
    bus, heard = LocalEventBus(), []
    engine = Engine(backend=MemoryBackend(), executors=[Talks()], event_bus=wrap(bus))
    job_id = await engine.enqueue(kind="talks")

    async def listen(event):
        heard.append(event)

    bus.subscribe(f"job.{job_id}.progress", listen)

    await ended(engine, job_id)

    assert heard == [{"value": 0.5, "step": "half"}]
    if wrap is from_pyjobkit:
        await engine.close()


async def test_its_contexts_write_to_our_sink():
    engine = Engine(
        backend=MemoryBackend(),
        executors=[Talks()],
        exec_context_factory=from_pyjobkit(DefaultExecContext),
    )
    job_id = await engine.enqueue(kind="talks")

    record = await ended(engine, job_id)

    assert record["status"] == "success", record["result"]
    lines = await engine.log_sink.get(job_id)
    assert lines[0].message == "hello"
    assert lines[0].version == 1


# Its MemoryBackend.


async def test_its_memory_backend_runs_jobs_to_success(theirs):
    engine = Engine(backend=theirs, executors=[Echo()])
    job_id = await engine.enqueue(kind="echo", payload={"n": 1})

    record = await ended(engine, job_id)

    assert (record["status"], record["result"]) == ("success", {"n": 1})
    assert (record["attempts"], record["version"]) == (1, 2)
    assert await theirs.purge_finished(older_than=timedelta(hours=1)) == 0
    assert await theirs.purge_finished() == 1
    await theirs.check_connection()
    await engine.close()


@pytest.mark.parametrize(("times", "end"), [(1, "success"), (9, "failed")])
async def test_its_memory_backend_has_failed_attempts_made_again(theirs, times, end):
    engine = Engine(backend=theirs, executors=[Fails()])
    job_id = await engine.enqueue(
        kind="fails", payload={"times": times}, max_attempts=2
    )

    record = await ended(engine, job_id, retry_policy="fixed:0.01")

    assert (record["status"], record["attempts"]) == (end, 2)


async def test_its_memory_backend_ends_a_job_that_takes_too_long(theirs):
    engine = Engine(backend=theirs, executors=[Waits()])
    job_id = await engine.enqueue(kind="waits", timeout_s=0.1)

    record = await ended(engine, job_id)

    assert (record["status"], record["result"]) == ("timeout", {"error": "timeout"})


async def test_a_job_of_its_memory_backend_is_cancelled_while_it_runs(theirs):
    waits = Waits()
    engine = Engine(backend=theirs, executors=[waits])
    job_id = await engine.enqueue(kind="waits")

    async with at_work(engine):
        await waits.started.wait()
        await engine.cancel(job_id)
        await waits.stopped.wait()

    assert (await engine.get(job_id))["status"] == "cancelled"
    await engine.cancel(job_id)


async def test_a_worker_that_stops_gives_a_job_back_to_its_memory_backend(theirs):
    waits = Waits()
    engine = Engine(backend=theirs, executors=[waits])
    job_id = await engine.enqueue(kind="waits")

    async with at_work(engine, stop_timeout=0.05):
        await waits.started.wait()

    assert (await engine.get(job_id))["status"] == "queued"


async def test_kinds_that_nobody_asked_for_go_back_and_starve_nobody(theirs):
    for _ in range(3):
        await theirs.enqueue(kind="foreign", payload={}, priority=1)
    wanted = await theirs.enqueue(kind="k", payload={})

    rows = await theirs.claim_batch(uuid4(), limit=1, kinds={"k"}, ttl_s=60)

    assert [row["id"] for row in rows] == [wanted]
    assert len(await theirs.claim_batch(uuid4(), limit=9)) == 3


async def test_its_memory_backend_has_the_default_queue_only(theirs):
    await theirs.enqueue(kind="k", payload={})
    request = ClaimRequest(
        worker_id=uuid4(), limit=1, ttl_s=60, queues=frozenset({"mail"})
    )

    assert await theirs.claim(request) == []
    with pytest.raises(UnsupportedError, match="queue"):
        await Engine(backend=theirs).enqueue(kind="k", queue="mail")
    assert await theirs.queue_depth() == 1


async def test_a_stranger_starts_no_job_of_its_memory_backend(theirs):
    await theirs.enqueue(kind="k", payload={})
    (row,) = await theirs.claim_batch(uuid4())

    with pytest.raises(OptimisticLockError):
        await theirs.mark_running(row["id"], uuid4())


async def test_what_has_moved_on_in_its_memory_backend_is_not_moved(theirs):
    worker = uuid4()
    job_id = await theirs.enqueue(kind="k", payload={})
    (row,) = await theirs.claim_batch(worker)
    await theirs.mark_running(job_id, worker)

    for move in (
        theirs.extend_lease(job_id, worker, 60, expected_version=9),
        theirs.succeed(job_id, {}, expected_version=9),
        theirs.fail(job_id, {}, expected_version=9),
        theirs.timeout(job_id, expected_version=9),
        theirs.retry(job_id, delay=0, expected_version=9),
    ):
        with pytest.raises(OptimisticLockError):
            await move

    assert (await theirs.get(job_id))["version"] == row["version"]


async def test_a_job_that_its_memory_backend_has_not_is_our_key_error(theirs):
    with pytest.raises(JobNotFoundError):
        await theirs.get(uuid4())
