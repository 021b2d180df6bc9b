"""What many at once do to the same jobs, each on a connection of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from pyjobkit_django.contracts import QueueBackend
from pyjobkit_django.jobs import JobSpec, JobStatus
from pyjobkit_django.outcomes import Outcome
from tests.conformance.stage import BROKEN, Stage, request

MANY = 8


async def at_once[T](
    stage: Stage, act: Callable[[QueueBackend], Awaitable[T]]
) -> list[T]:
    """Let eight workers act, all of them from the same moment on."""
    start = asyncio.Barrier(MANY)

    async def one() -> T:
        async with stage.backend.worker_session() as own:
            await own.check_connection()
            await start.wait()
            return await act(own)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one()) for _ in range(MANY)]
    return [task.result() for task in tasks]


async def test_no_two_workers_claim_the_same_job(stage: Stage) -> None:
    ids = await stage.enqueue_many([{"kind": "k"}] * 200)

    async def claim_all(own: QueueBackend) -> list[UUID]:
        worker, mine = uuid4(), []
        while jobs := await own.claim(
            request(worker, limit=7, kinds={"k"}, queues={"default"})
        ):
            mine += [job.id for job in jobs]
        return mine

    claimed = [job_id for mine in await at_once(stage, claim_all) for job_id in mine]

    assert len(claimed) == len(set(claimed))
    # A claim that lost a race may come back empty; nobody else has what it missed.
    rest = [row.id for row in await stage.claim(200)]
    assert sorted([*claimed, *rest]) == sorted(ids)


async def test_one_worker_that_claims_twice_at_once_gets_each_job_once(
    stage: Stage,
) -> None:
    await stage.enqueue_many([{"kind": "k"}] * 40)

    async def claim(own: QueueBackend) -> list[UUID]:
        jobs = await own.claim(request(stage.worker, limit=5))
        return [job.id for job in jobs]

    claimed = Counter(job for jobs in await at_once(stage, claim) for job in jobs)

    assert set(claimed.values()) <= {1}


async def test_no_two_workers_lease_the_same_job(stage: Stage) -> None:
    await stage.enqueue_many([{"kind": "k"}] * 60)

    async def lease(own: QueueBackend) -> list[UUID]:
        rows = await own.claim_batch(uuid4(), limit=10)
        return [row["id"] for row in rows]

    leased = Counter(row for rows in await at_once(stage, lease) for row in rows)

    assert set(leased.values()) == {1}


async def test_of_many_ends_of_one_run_one_is_accepted(stage: Stage) -> None:
    job = await stage.running()

    async def settle(own: QueueBackend) -> bool:
        return bool(await own.settle([Outcome.success(job, {"by": str(uuid4())})]))

    assert Counter(await at_once(stage, settle)) == {True: 1, False: MANY - 1}


async def test_workers_that_settle_overlapping_batches_do_not_block_each_other(
    stage: Stage,
) -> None:
    jobs = await stage.running_many(60)
    orders = iter([jobs, jobs[::-1]] * (MANY // 2))

    async def settle(own: QueueBackend) -> frozenset[UUID]:
        return await own.settle(
            [Outcome.retry(job, BROKEN, 60.0) for job in next(orders)]
        )

    accepted = Counter(job_id for ids in await at_once(stage, settle) for job_id in ids)

    assert accepted == {job.id: 1 for job in jobs}


async def test_many_reapers_reap_each_lost_run_once(stage: Stage) -> None:
    jobs = await stage.running_many(40)
    await stage.probe.expire_lease(*[job.id for job in jobs])

    async def reap(own: QueueBackend) -> int:
        return (await own.reap()).count

    counts = await at_once(stage, reap)
    # Reapers step aside for one another, so a last one may be needed.
    assert sum(counts) + (await stage.backend.reap()).count == 40
    assert len(await stage.probe.attempts(jobs[0].id)) == 1


async def test_a_reaper_and_a_settler_never_both_end_a_run(stage: Stage) -> None:
    jobs = await stage.running_many(MANY)
    await stage.probe.expire_lease(*[job.id for job in jobs])
    rest = iter(jobs)

    async def act(own: QueueBackend) -> frozenset[UUID]:
        job = next(rest)
        if jobs.index(job) % 2:
            await own.reap()
            return frozenset()
        return await own.settle([Outcome.success(job, None)])

    accepted = frozenset().union(*await at_once(stage, act))

    for job in jobs:
        record = await stage.backend.get(job.id)
        assert (record["status"] is JobStatus.SUCCESS) == (job.id in accepted)
        assert record["version"] in (job.version, job.version + 1)


@pytest.mark.parametrize("key", ["idempotency_key", "unique_key"])
async def test_a_key_is_given_once_however_many_ask(stage: Stage, key: str) -> None:
    async def enqueue(own: QueueBackend) -> UUID:
        (job_id,) = await own.enqueue_many([JobSpec.build(kind="k", **{key: "same"})])
        return job_id

    ids = await at_once(stage, enqueue)

    assert len(set(ids)) == 1
    assert (await stage.backend.get(ids[0]))["status"] is JobStatus.QUEUED
    assert await stage.probe.count() == 1


@pytest.mark.parametrize("key", ["idempotency_key", "unique_key"])
async def test_batches_with_the_same_keys_in_any_order_agree_on_their_holders(
    stage: Stage, key: str
) -> None:
    names = [f"key-{number}" for number in range(20)]
    turns = iter(range(MANY))

    async def enqueue(own: QueueBackend) -> dict[str, UUID]:
        turn = next(turns)
        order = names[turn:] + names[:turn]
        order = order[::-1] if turn % 2 else order
        specs = [JobSpec.build(kind="k", **{key: name}) for name in order]
        return dict(zip(order, await own.enqueue_many(specs), strict=True))

    first, *others = await at_once(stage, enqueue)

    assert all(other == first for other in others)
    assert await stage.probe.count() == len(names)


async def test_a_cancel_is_never_lost_in_a_race_with_a_claim(stage: Stage) -> None:
    ids = await stage.enqueue_many([{"kind": "k"}] * MANY)
    rest = iter(range(MANY))

    async def act(own: QueueBackend) -> None:
        if next(rest) % 2:
            await own.claim(request(uuid4(), limit=MANY))
        else:
            for job_id in ids:
                await own.cancel(job_id)

    await at_once(stage, act)

    assert [job for job in ids if not await stage.backend.is_cancelled(job)] == []
