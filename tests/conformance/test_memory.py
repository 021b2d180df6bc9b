"""What MemoryBackend has beyond the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.backends.memory.lanes import IDLE_ENTRIES
from pyjobkit_django.errors import JobNotFoundError
from pyjobkit_django.jobs import JobSpec, JobStatus
from pyjobkit_django.outcomes import Outcome
from tests.conformance.probes import MemoryProbe
from tests.conformance.stage import Stage, request
from tests.conformance.test_signs import beat


@pytest.fixture
def stage() -> Stage:
    backend = MemoryBackend()
    return Stage(backend, MemoryProbe(backend))


async def test_all_jobs_come_newest_first_by_status_and_up_to_a_limit(
    stage: Stage,
) -> None:
    ids = await stage.enqueue_many([{}] * 4)
    await stage.backend.cancel(ids[1])

    async def listed(**options: object) -> list:
        return [record["id"] for record in await stage.backend.all_jobs(**options)]

    assert await listed() == ids[::-1]
    assert await listed(limit=2) == [ids[3], ids[2]]
    assert await listed(status=JobStatus.CANCELLED) == [ids[1]]
    assert await listed(status="queued", limit=1) == [ids[3]]


async def test_jobs_are_counted_by_status(stage: Stage) -> None:
    await stage.enqueue_many([{}] * 3)
    await stage.claim()

    assert await stage.backend.count() == 3
    assert await stage.backend.count(JobStatus.QUEUED) == 2
    assert await stage.backend.count("running") == 1


async def test_clear_forgets_every_job_and_its_keys(stage: Stage) -> None:
    job_id = await stage.enqueue(idempotency_key="once")

    await stage.backend.clear()

    assert await stage.backend.count() == 0
    assert await stage.enqueue(idempotency_key="once") != job_id
    with pytest.raises(JobNotFoundError):
        await stage.backend.get(job_id)


async def test_the_last_beat_of_each_worker_is_shown(stage: Stage) -> None:
    last = beat(uuid4(), busy=5)
    await stage.backend.heartbeat(beat(last.worker_id))
    await stage.backend.heartbeat(last)

    assert await stage.backend.workers() == [last]


async def test_a_spec_is_one_job_however_often_it_is_enqueued(stage: Stage) -> None:
    spec = JobSpec.build(kind="k")

    assert await stage.backend.enqueue_many([spec, spec]) == [spec.id, spec.id]
    assert await stage.backend.count() == 1


async def test_time_is_what_the_clock_says() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    backend = MemoryBackend(lease_ttl_s=10, clock=lambda: now)
    job_id = await backend.enqueue(
        kind="k", payload={}, scheduled_for=now + timedelta(seconds=5)
    )
    assert (await backend.promote()).next_in_s == 5.0

    now += timedelta(seconds=5)
    assert (await backend.promote()).count == 1
    (row,) = await backend.claim_batch(uuid4())
    assert row["lease_until"] == now + timedelta(seconds=10)

    now += timedelta(seconds=10)
    assert await backend.reap_expired() == 1
    assert (await backend.get(job_id))["created_at"] == now - timedelta(seconds=15)


async def test_lanes_keep_no_jobs_that_have_left(stage: Stage) -> None:
    """A tag that nobody claims by must not gather the jobs that carried it."""
    waiting = await stage.enqueue(tags=["a"], kind="k")
    ids = await stage.enqueue_many([{"tags": ["a"], "kind": "k"}] * 1_000)
    for job_id in ids:
        await stage.backend.cancel(job_id)

    lanes = stage.backend._table.queued._lanes
    assert len(lanes) == 2
    assert all(len(lane._entries) <= IDLE_ENTRIES + 2 for lane in lanes.values())
    assert await stage.claimed_ids(5, tags={"a"}) == [waiting]
    assert lanes == {}


async def test_a_job_with_two_tags_is_claimed_once(stage: Stage) -> None:
    job_id = await stage.enqueue(tags=["a", "b"])

    assert await stage.claimed_ids(5, tags={"a", "b"}) == [job_id]


async def test_a_job_is_promoted_once_whatever_its_tags(stage: Stage) -> None:
    job = await stage.running(tags=["a", "b"])
    await stage.backend.settle([Outcome.snooze(job, 60.0)])
    await stage.probe.make_due(job.id)

    assert (await stage.backend.promote()).count == 1
    assert await stage.backend.queue_depth() == 1


async def test_a_claim_is_quick_behind_many_foreign_jobs(stage: Stage) -> None:
    await stage.enqueue_many([{"kind": "theirs"}] * 20_000)
    mine = await stage.enqueue_many([{"kind": "mine", "priority": 900}] * 200)

    lane = stage.backend._table.queued._lanes["default", "theirs", None, False]
    before = list(lane._entries)
    claimed = [
        job.id
        for _ in mine
        for job in await stage.backend.claim(request(stage.worker, kinds={"mine"}))
    ]

    assert claimed == mine
    assert lane._entries == before
