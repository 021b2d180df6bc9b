"""The hot verbs of a worker, on connections of its own event loop."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from pyjobkit_django import enqueue
from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.contracts import ClaimRequest, ProgressUpdate
from pyjobkit_django.jobs import JobSpec
from pyjobkit_django.models import Job
from pyjobkit_django.outcomes import Failure, Outcome
from tests.marks import committed, on_postgresql
from tests.worker.fakes import Does, engine_for, until, working

pytestmark = [
    committed,
    on_postgresql,
    pytest.mark.usefixtures("callers_thread"),
]


@asynccontextmanager
async def hot_backend():
    async with DjangoBackend().worker_session() as backend:
        assert backend.hot_lane is not None
        yield backend


def request(limit, **options):
    names = {"queues": frozenset({"default"}), "kinds": frozenset({"k", "other"})}
    return ClaimRequest(worker_id=uuid4(), limit=limit, ttl_s=60.0, **names, **options)


def told(job, value, *, behind=0, **meta):
    version = job.version - behind
    return ProgressUpdate(job_id=job.id, version=version, value=value, meta=meta)


async def stored(count, **fields):
    specs = [JobSpec(kind="k", **fields) for _ in range(count)]
    return await sync_to_async(Job.objects.enqueue)(specs)


async def claimed_ids(backend, limit):
    return [job.id for job in await backend.claim(request(limit))]


async def test_claims_follow_one_another_in_order():
    ids = await stored(6)
    async with hot_backend() as backend:
        assert await claimed_ids(backend, 2) == ids[:2]
        assert await claimed_ids(backend, 2) == ids[2:4]
        assert await claimed_ids(backend, 4) == ids[4:]


async def test_a_claim_that_comes_back_short_looks_at_the_head_of_the_lane():
    """The first claim stands behind the urgent job, which comes later."""
    await stored(2)
    async with hot_backend() as backend:
        await claimed_ids(backend, 1)
        urgent = await stored(1, priority=1)

        assert set(urgent) < set(await claimed_ids(backend, 5))


async def test_nothing_that_lands_behind_waits_for_longer_than_a_full_look():
    await stored(10)
    async with hot_backend() as backend:
        await claimed_ids(backend, 1)
        urgent = await stored(1, priority=1)
        assert urgent[0] not in await claimed_ids(backend, 1)

        backend.hot_lane._full_look_at = 0.0

        assert await claimed_ids(backend, 1) == urgent


async def test_a_claim_that_is_to_look_afresh_finds_what_lands_behind():
    await stored(10)
    async with hot_backend() as backend:
        await claimed_ids(backend, 1)
        urgent = await stored(1, priority=1)

        jobs = await backend.claim(request(1, afresh=True))

        assert [job.id for job in jobs] == urgent


async def test_an_urgent_job_starts_next_though_a_backlog_was_there_before(monkeypatch):
    monkeypatch.setattr("pyjobkit_django.backends.orm.hot_lane.FULL_LOOK_S", 3_600)
    gate = asyncio.Event()
    job = Does(lambda _ctx, _payload: gate.wait(), kind="k")
    await stored(50)
    engine = engine_for(job, backend=DjangoBackend())
    async with working(engine, max_concurrency=2, queues=["default"]) as worker:
        await until(lambda: len(job.started) == 2)
        await until(lambda: worker._crew.listener._channel.healthy)
        hints = worker._crew.claimer._asked
        urgent = await sync_to_async(enqueue)("k", priority=1)
        await until(lambda: worker._crew.claimer._asked > hints)
        gate.set()
        await until(lambda: urgent in job.started)

        assert job.started.index(urgent) == 2


async def test_two_looks_of_one_claim_give_one_suspect():
    ids = await stored(4)
    await sync_to_async(Job.objects.filter(pk__in=ids[2:]).update)(lost_runs=1)
    async with hot_backend() as backend:
        await claimed_ids(backend, 1)

        jobs = await backend.claim(request(4))

        assert [job.lost_runs for job in jobs] == [0, 1]


async def test_what_the_database_refuses_fails_its_own_job_alone():
    await stored(3)
    async with hot_backend() as backend:
        jobs = await backend.claim(request(3))
        good = [Outcome.success(job, {"n": 1}) for job in jobs]
        outcomes = [good[0], good[1]._replace(result="\x00"), good[2]]

        accepted = await backend.settle(outcomes)

        assert accepted == {job.id for job in jobs}
        statuses = [(await backend.get(job.id))["status"] for job in jobs]
        assert statuses == ["success", "failed", "success"]


async def test_follow_ups_and_attempts_are_stored_with_the_end():
    await stored(2)
    async with hot_backend() as backend:
        first, second = await backend.claim(request(2))
        following = JobSpec(kind="other", parent=first.id)
        broken = Failure.of(ValueError("broken"), traceback="it broke")

        await backend.settle([Outcome.success(first, None, [following])])
        await backend.settle([Outcome.retry(second, broken, 0.0)])

        again = await backend.claim(request(5))
        assert {job.id for job in again} == {following.id, second.id}
        record = await backend.get(second.id)
        assert (record["attempts"], record["version"]) == (2, 3)


async def test_a_connection_that_fails_is_replaced():
    ids = await stored(2)
    async with hot_backend() as backend:
        await claimed_ids(backend, 1)
        await backend.hot_lane._claims.connection.close()

        assert await claimed_ids(backend, 1) == ids[1:]


async def test_progress_is_kept_and_stale_progress_is_not():
    await stored(2)
    async with hot_backend() as backend:
        mine, other = await backend.claim(request(2))
        await backend.record_progress(
            [told(mine, 0.2), told(mine, 0.4, row=4), told(other, 0.9, behind=1)]
        )
        await backend.record_progress([])

        record = await backend.get(mine.id)
        assert (record["progress"], record["progress_meta"]) == (0.4, {"row": 4})
        assert (await backend.get(other.id))["progress"] is None
