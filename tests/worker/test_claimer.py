from __future__ import annotations

import asyncio
import math
import time
from uuid import uuid4

from pyjobkit_django.contracts import ClaimRequest
from tests.worker.fakes import (
    Does,
    Silent,
    engine_for,
    events,
    forever,
    until,
    until_ended,
    working,
)


async def test_only_kinds_with_an_executor_are_claimed():
    """Traps 8 and 24."""
    engine = engine_for(Does(kind="ours"), Does(kind="other"), backend=Silent())
    foreign = await engine.enqueue(kind="foreign", priority=1)
    ours = await engine.enqueue(kind="ours")
    async with working(engine, kinds=["ours", "unknown"]):
        await until_ended(engine, ours)

    assert (await engine.get(foreign))["status"] == "queued"
    assert {request.kinds for request in engine.backend.requests} == {
        frozenset({"ours"})
    }


async def test_queues_and_tags_are_asked_for_in_the_claim():
    engine = engine_for(None)
    wrong_queue = await engine.enqueue(kind="job", queue="other", tags=["eu"])
    wrong_tag = await engine.enqueue(kind="job", queue="mail", tags=["us"])
    right = await engine.enqueue(kind="job", queue="mail", tags=["eu", "x"])
    async with working(engine, queues=["mail"], tags=["eu"]):
        await until_ended(engine, right)

    for job_id in (wrong_queue, wrong_tag):
        assert (await engine.get(job_id))["status"] == "queued"


async def test_no_more_is_claimed_than_there_are_free_slots():
    """Trap 5."""
    job = Does(forever)
    engine = engine_for(job)
    await engine.enqueue_many([{"kind": "job"}] * 10)
    async with working(engine, max_concurrency=3, batch=2):
        await until(lambda: len(job.started) == 3)
        await asyncio.sleep(0.05)

        assert await engine.backend.count("running") == 3
        assert len(job.started) == 3
    assert [request.limit for request in engine.backend.requests[:2]] == [2, 1]


async def test_a_slot_that_falls_free_is_filled_at_once():
    gates = [asyncio.Event() for _ in range(4)]

    async def act(ctx, payload):
        await gates[payload["n"]].wait()

    job = Does(act)
    engine = engine_for(job, backend=Silent())
    await engine.enqueue_many([{"kind": "job", "payload": {"n": n}} for n in range(4)])
    async with working(engine, max_concurrency=2, poll_interval=60):
        await until(lambda: len(job.started) == 2)
        gates[0].set()
        await until(lambda: len(job.started) == 3)
        for gate in gates:
            gate.set()
        await until(lambda: len(job.ended) == 4)


async def test_it_polls_where_there_are_no_hints():
    engine = engine_for(None, backend=Silent())
    async with working(engine):
        await until(lambda: engine.backend.calls["claim"] > 2)
        await until_ended(engine, await engine.enqueue(kind="job"))


async def test_the_claim_that_follows_a_hint_looks_afresh_and_the_next_does_not():
    gates = [asyncio.Event() for _ in range(4)]

    async def act(ctx, payload):
        await gates[payload["n"]].wait()

    job = Does(act)
    engine = engine_for(job)
    for number in range(3):
        await engine.enqueue(kind="job", payload={"n": number})
    async with working(engine, max_concurrency=1, poll_interval=60) as worker:
        await until(lambda: worker._crew and worker._crew.listener._channel.healthy)
        await until(lambda: len(job.started) == 1)
        urgent = await engine.enqueue(kind="job", payload={"n": 3}, priority=1)
        gates[0].set()
        await until(lambda: len(job.started) == 2)
        gates[3].set()
        await until(lambda: len(job.started) == 3)
        requests = engine.backend.requests[1:]

    assert job.started[1] == urgent
    assert [request.afresh for request in requests] == [True, False]


async def test_a_claim_that_fails_after_a_hint_looks_afresh_again():
    engine = engine_for(None)
    async with working(engine, poll_interval=60) as worker:
        await until(lambda: worker._crew and worker._crew.listener._channel.healthy)
        await until(lambda: worker._crew.claimer.pulse._due == math.inf)
        before = len(engine.backend.requests)
        engine.backend.broken = {"claim"}
        job_id = await engine.enqueue(kind="job")
        await until(lambda: len(engine.backend.requests) == before + 2)
        engine.backend.come_back()
        await until_ended(engine, job_id)
        requests = engine.backend.requests[before:]

    assert all(request.afresh for request in requests[:3])


async def test_a_broken_claim_is_tried_again_with_growing_pauses(caplog):
    engine = engine_for(None)
    engine.backend.broken = {"claim"}
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until(lambda: engine.backend.calls["claim"] == 3)
        engine.backend.come_back()
        await until_ended(engine, job_id)

    troubles = [record for record in caplog.records if record.event == "worker.trouble"]
    first, second, *_ = [record.retry_delay_s for record in troubles]
    assert second > first
    assert {record.loop for record in troubles} == {"claimer"}


async def test_outcomes_that_cannot_be_settled_end_the_claiming():
    job = Does()
    engine = engine_for(job)
    engine.backend.hold("settle")
    await engine.enqueue_many([{"kind": "job"}] * 100)
    async with working(engine, max_concurrency=2):
        await until(lambda: len(job.ended) >= 8)
        await asyncio.sleep(0.05)
        assert len(job.ended) <= 12
        engine.backend.let_go("settle")
        await until(lambda: len(job.ended) == 100)


async def test_the_rate_limit_stands_before_the_slot():
    """Trap 23: limited jobs hold no slot that an unlimited one could use."""
    limited, free = Does(kind="limited"), Does(kind="free")
    engine = engine_for(limited, free)
    await engine.enqueue_many([{"kind": "limited", "priority": 1}] * 10)
    other = await engine.enqueue(kind="free")
    async with working(engine, max_concurrency=1, rate_limits={"limited": (0.01, 2)}):
        began = time.monotonic()
        await until_ended(engine, other)
        await until(lambda: len(limited.ended) == 2)

        assert time.monotonic() - began < 2
        assert await engine.backend.count("queued") == 8


async def test_the_claimer_wakes_when_the_next_token_is_there():
    job = Does()
    engine = engine_for(job, backend=Silent())
    await engine.enqueue_many([{"kind": "job"}] * 4)
    async with working(engine, rate_limits={"job": (20, 1)}, poll_interval=60):
        began = time.monotonic()
        await until(lambda: len(job.ended) == 4)

    assert 0.12 < time.monotonic() - began < 5


async def test_a_limited_kind_is_claimed_in_a_request_of_its_own():
    engine = engine_for(Does(kind="a"), Does(kind="b"), Does(kind="c"))
    async with working(engine, rate_limits={"a": (1, 3)}, max_concurrency=8):
        await until(lambda: len(engine.backend.requests) >= 2)

    asked = {(*sorted(r.kinds), r.limit) for r in engine.backend.requests}
    assert asked == {("a", 3), ("b", "c", 8)}


async def test_a_retry_without_delay_is_claimed_without_waiting_for_the_poll():
    failures = [ValueError(), ValueError()]

    async def act(ctx, payload):
        if failures:
            raise failures.pop()

    engine = engine_for(act, backend=Silent())
    job_id = await engine.enqueue(kind="job", retry_policy="fixed:0")
    async with working(engine, poll_interval=60):
        assert (await until_ended(engine, job_id))["status"] == "success"


async def test_a_thousand_jobs_on_four_workers_run_once_each(caplog):
    """Trap 1."""

    async def act(ctx, payload):
        await asyncio.sleep(0)

    job = Does(act)
    engine = engine_for(job)
    ids = await engine.enqueue_many([{"kind": "job"}] * 1000)
    async with (
        working(engine, max_concurrency=10),
        working(engine, max_concurrency=10),
        working(engine, max_concurrency=10),
        working(engine, max_concurrency=10),
    ):

        async def all_settled():
            return await engine.backend.count("success") == 1000

        await until(all_settled)

    assert sorted(job.started) == sorted(ids)
    assert "job.lock_conflict" not in events(caplog)


async def test_suspects_follow_each_other_without_a_poll():
    """The next one is claimed when the one before has ended."""
    engine = engine_for(None)
    for _ in range(5):
        await engine.enqueue(kind="job", max_attempts=9)
    request = ClaimRequest(worker_id=uuid4(), limit=5, ttl_s=0.01)
    await engine.backend.claim(request)
    await asyncio.sleep(0.02)
    await engine.backend.reap()
    async with working(engine, poll_interval=60):
        began = time.monotonic()
        await until(lambda: len(engine.backend.settled) == 5)

    assert time.monotonic() - began < 5
