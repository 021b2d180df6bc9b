"""pyjobkit's own Engine and Worker drive our backends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from pyjobkit_django.backends.orm import DatabaseLogSink, DjangoBackend
from pyjobkit_django.backends.orm.lanes import CallerLane, ThreadLane
from pyjobkit_django.interop import as_pyjobkit
from tests.interop.marks import against_pyjobkit, import_pyjobkit
from tests.marks import committed, on_postgresql

pyjobkit = import_pyjobkit()

from tests.interop.their_worker import (  # noqa: E402 - it imports pyjobkit
    Echo,
    Fails,
    Waits,
    at_work,
    ended,
)

pytestmark = against_pyjobkit


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def engine(exported, echo, waits):
    return pyjobkit.Engine(backend=exported, executors=[echo, Fails(), waits])


async def test_a_job_succeeds_with_the_result_of_its_executor(engine):
    job_id = await engine.enqueue(kind="echo", payload={"n": 1})

    async with at_work(engine):
        (record,) = await ended(engine, job_id)

    assert (record["status"], record["result"]) == ("success", {"n": 1})
    assert (record["attempts"], record["version"]) == (1, 2)
    assert record["lease_until"] is None


async def test_an_attempt_that_failed_is_made_again(engine):
    job_id = await engine.enqueue(kind="fails", payload={"times": 1})

    async with at_work(engine):
        (record,) = await ended(engine, job_id)

    assert (record["status"], record["result"]) == ("success", {"run": 2})
    assert record["attempts"] == 2


async def test_a_job_fails_for_good_after_its_last_attempt(engine):
    job_id = await engine.enqueue(kind="fails", payload={"times": 9}, max_attempts=2)

    async with at_work(engine):
        (record,) = await ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("failed", 2)
    assert record["result"] == {"error": "ValueError('run 2')"}


async def test_a_job_that_takes_too_long_ends_as_a_timeout(engine, waits):
    job_id = await engine.enqueue(
        kind="waits", payload={}, timeout_s=0.1, max_attempts=1
    )

    async with at_work(engine):
        (record,) = await ended(engine, job_id)

    assert (record["status"], record["result"]) == ("timeout", {"error": "timeout"})
    assert waits.stopped.is_set()


async def test_a_job_that_was_cancelled_while_queued_never_runs(engine, echo):
    unwanted = await engine.enqueue(kind="echo", payload={"n": 1})
    wanted = await engine.enqueue(kind="echo", payload={"n": 2})
    await engine.cancel(unwanted)

    async with at_work(engine):
        records = await ended(engine, unwanted, wanted)

    assert [record["status"] for record in records] == ["cancelled", "success"]
    assert echo.ran == [2]


async def test_a_job_that_is_cancelled_while_it_runs_is_stopped(engine, waits):
    job_id = await engine.enqueue(kind="waits", payload={})

    async with at_work(engine):
        await waits.started.wait()
        await engine.cancel(job_id)
        await waits.stopped.wait()
        (record,) = await ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("cancelled", 1)
    assert record["result"] == {"error": "cancelled"}


async def test_lower_priorities_run_first_and_equals_in_their_order(engine, echo):
    ids = [
        await engine.enqueue(kind="echo", payload={"n": n}, priority=priority)
        for n, priority in enumerate([100, 50, 100, 1])
    ]

    async with at_work(engine, max_concurrency=1):
        await ended(engine, *ids)

    assert echo.ran == [3, 1, 0, 2]


async def test_a_scheduled_job_waits_for_its_time_with_nobody_else_to_promote_it(
    engine,
):
    job_id = await engine.enqueue_in(2, kind="echo", payload={})
    assert (await engine.get(job_id))["status"] == "queued"
    assert await engine.queue_depth() == 0

    async with at_work(engine):
        (record,) = await ended(engine, job_id)

    assert record["status"] == "success"
    assert record["started_at"] >= record["scheduled_for"]


async def test_a_known_idempotency_key_gives_the_job_that_holds_it(engine, echo):
    first = await engine.enqueue(kind="echo", payload={"n": 1}, idempotency_key="a")
    again = await engine.enqueue(kind="echo", payload={"n": 2}, idempotency_key="a")

    async with at_work(engine):
        await ended(engine, first)
    later = await engine.enqueue(kind="echo", payload={"n": 3}, idempotency_key="a")

    assert first == again == later
    assert echo.ran == [1]


async def test_many_jobs_are_enqueued_at_once(engine, echo):
    ids = await engine.enqueue_many(
        [{"kind": "echo", "payload": {"n": n}, "priority": n} for n in range(5)]
    )

    async with at_work(engine, max_concurrency=1):
        await ended(engine, *ids)

    assert echo.ran == [0, 1, 2, 3, 4]


async def test_the_steps_of_a_chain_follow_each_other(engine, echo):
    head = await engine.chain(
        {"kind": "echo", "payload": {"n": 1}}, {"kind": "echo", "payload": {"n": 2}}
    )

    async with at_work(engine), asyncio.timeout(30):
        await ended(engine, head)
        while len(echo.ran) < 2:
            await asyncio.sleep(0.02)

    assert echo.ran == [1, 2]


async def test_shadow_tags_and_a_policy_of_its_own_travel_in_the_payload(engine, echo):
    job_id = await engine.enqueue(
        kind="echo", payload={"n": 1}, shadow=True, tags=["a"], retry_policy="fixed:1"
    )

    async with at_work(engine, tags=["a"]):
        (record,) = await ended(engine, job_id)

    assert record["payload"]["__pjk_tags"] == ["a"]
    assert record["result"] == {"shadow": True, "result_discarded": True}
    assert echo.ran == [1]


async def test_a_job_of_an_unknown_kind_fails_as_pyjobkit_has_it(engine):
    job_id = await engine.enqueue(kind="unheard", payload={})

    async with at_work(engine):
        (record,) = await ended(engine, job_id)

    assert record["status"] == "failed"
    assert record["result"] == {"error": "unknown_kind", "kind": "unheard"}


async def test_jobs_that_a_worker_may_not_run_stand_in_nobodys_way(engine, echo):
    foreign = await engine.enqueue(kind="waits", payload={})
    own = [await engine.enqueue(kind="echo", payload={"n": n}) for n in range(3)]

    async with at_work(engine, kinds=["echo"], max_concurrency=1):
        await ended(engine, *own)

    record = await engine.get(foreign)
    assert (record["status"], record["attempts"]) == ("queued", 0)
    assert sorted(echo.ran) == [0, 1, 2]


async def test_with_kinds_it_does_not_even_claim_the_others(stage, echo):
    backend = as_pyjobkit(stage.backend, kinds=["echo"])
    engine = pyjobkit.Engine(backend=backend, executors=[echo])
    foreign = await engine.enqueue(kind="waits", payload={})
    own = await engine.enqueue(kind="echo", payload={"n": 1})

    async with at_work(engine):
        await ended(engine, own)

    assert (await engine.get(foreign))["version"] == 0


async def test_with_queues_it_keeps_to_them(stage, echo):
    backend = as_pyjobkit(stage.backend, queues=["legacy"])
    engine = pyjobkit.Engine(backend=backend, executors=[echo])
    ours = await stage.enqueue(kind="echo")
    theirs = await engine.enqueue(kind="echo", payload={"n": 1})

    async with at_work(engine):
        (record,) = await ended(engine, theirs)

    assert record["queue"] == "legacy"
    assert (await engine.get(ours))["status"] == "queued"


async def test_a_result_that_cannot_be_stored_fails_the_job_once(exported):
    class Odd(Echo):
        kind = "odd"

        async def run(self, *, job_id, payload, ctx):
            self.ran.append(1)
            return {"nul": "\x00"}

    odd = Odd()
    engine = pyjobkit.Engine(backend=exported, executors=[odd])
    job_id = await engine.enqueue(kind="odd", payload={})

    async with at_work(engine):
        (record,) = await ended(engine, job_id)

    assert (record["status"], odd.ran) == ("failed", [1])
    assert record["result"]["reason"] == "unstorable_result"


async def test_a_worker_that_lost_a_job_stops_it_and_moves_it_no_more(
    stage, engine, waits
):
    job_id = await engine.enqueue(kind="waits", payload={}, max_attempts=1)

    async with at_work(engine, lease_ttl=0.2, watchdog_interval_s=30):
        await waits.started.wait()
        await stage.probe.expire_lease(job_id)
        await stage.backend.reap()
        await waits.stopped.wait()

    record = await engine.get(job_id)
    assert record["status"] == "failed"
    assert record["result"]["error"] == "lease_expired"


async def test_health_and_purge_work(engine):
    job_id = await engine.enqueue(kind="echo", payload={})

    async with at_work(engine) as worker:
        await ended(engine, job_id)
        health = await worker.check_health()

    assert health["status"] == "healthy"
    assert await engine.purge_finished(older_than=timedelta(hours=1)) == 0
    assert await engine.purge_finished() == 1
    with pytest.raises(KeyError):
        await engine.get(job_id)
    await engine.close()


@committed
async def test_a_log_sink_of_ours_keeps_the_lines_of_its_jobs(django_backend):
    class Talks(Echo):
        async def run(self, *, job_id, payload, ctx):
            await ctx.log("hello")
            return {}

    sink = DatabaseLogSink(lane=CallerLane())
    engine = pyjobkit.Engine(
        backend=as_pyjobkit(django_backend),
        executors=[Talks()],
        log_sink=as_pyjobkit(sink),
    )
    job_id = await engine.enqueue(kind="echo", payload={})

    async with at_work(engine):
        await ended(engine, job_id)

    (line,) = await sink.get(job_id)
    assert (line.stream, line.message) == ("stdout", "hello")
    await engine.close()


@on_postgresql
@committed
@pytest.mark.usefixtures("django_backend")
async def test_with_a_lane_of_its_own_an_idle_worker_outlives_the_database(echo):
    lane = ThreadLane("pyjobkit")
    backend = as_pyjobkit(DjangoBackend(lane=lane))
    engine = pyjobkit.Engine(backend=backend, executors=[echo])

    async with at_work(engine):
        await engine.queue_depth()
        await sync_to_async(cut)(await lane.run(own_session))
        async with asyncio.timeout(30):
            while not echo.ran:
                try:
                    await engine.enqueue(kind="echo", payload={"n": 1})
                except Exception:  # noqa: BLE001 - until the lane has a new connection
                    continue
                await asyncio.sleep(0.05)
    await lane.close()


def own_session():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def cut(session):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [session])
