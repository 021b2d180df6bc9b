from __future__ import annotations

from uuid import uuid4

import pytest

from pyjobkit_django.contracts import QueueBackend
from pyjobkit_django.errors import OptimisticLockError
from pyjobkit_django.jobs import JobStatus
from tests.conformance.probes import LONG_AGO
from tests.conformance.stage import Stage, from_now, request


async def test_a_claimed_job_carries_all_that_a_worker_needs(stage: Stage) -> None:
    job_id = await stage.enqueue(
        kind="report",
        payload={"month": 11},
        queue="reports",
        timeout_s=12.5,
        max_attempts=5,
        retry_policy="fixed:3",
        tags=["night", "big"],
    )

    (job,) = await stage.claim()

    record = await stage.backend.get(job_id)
    assert (job.id, job.kind, job.payload) == (job_id, "report", {"month": 11})
    assert (job.queue, job.tags) == ("reports", ("big", "night"))
    assert (job.timeout_s, job.retry_policy) == (12.5, "fixed:3")
    assert (job.version, job.attempts, job.max_attempts) == (1, 1, 5)
    assert job.created_at == record["created_at"]
    assert job.version == record["version"]


async def test_a_leased_row_counts_the_runs_before_and_has_the_new_version(
    stage: Stage,
) -> None:
    row = await stage.leased(kind="report", payload={"month": 11}, timeout_s=12.5)

    record = await stage.backend.get(row["id"])
    assert (row["kind"], row["payload"], row["timeout_s"]) == (
        "report",
        {"month": 11},
        12.5,
    )
    assert (row["version"], row["attempts"], row["max_attempts"]) == (1, 0, 3)
    assert row["created_at"] == record["created_at"]
    assert row["lease_until"] == record["lease_until"]


async def test_lower_priorities_come_first_and_equals_in_order_of_arrival(
    stage: Stage,
) -> None:
    late, first, second, urgent = await stage.enqueue_many(
        [{"priority": 200}, {"priority": 100}, {"priority": 100}, {"priority": -5}]
    )
    third = await stage.enqueue(priority=100)

    assert await stage.claimed_ids(2) == [urgent, first]
    assert await stage.claimed_ids(9) == [second, third, late]


async def test_among_equals_what_was_due_earlier_comes_first(stage: Stage) -> None:
    present = await stage.enqueue()
    past = await stage.enqueue(scheduled_for=LONG_AGO)

    assert await stage.claimed_ids(2) == [past, present]


async def test_a_claim_takes_no_more_than_its_limit(stage: Stage) -> None:
    await stage.enqueue_many([{}] * 5)

    assert len(await stage.claim(3)) == 3
    assert len(await stage.claim(3)) == 2
    assert await stage.claim(3) == []


@pytest.mark.parametrize(
    ("wanted", "other", "filters"),
    [
        ({"queue": "mail"}, {"queue": "default"}, {"queues": {"mail", "reports"}}),
        ({"kind": "mine"}, {"kind": "theirs"}, {"kinds": {"mine", "nobodys"}}),
        ({"tags": ["a", "b"]}, {"tags": ["c"]}, {"tags": {"b", "x"}}),
        ({"tags": ["a"]}, {}, {"tags": {"a"}}),
        (
            {"kind": "k", "queue": "mail", "tags": ["a"]},
            {"kind": "k", "queue": "mail", "tags": ["b"]},
            {"kinds": {"k"}, "queues": {"mail"}, "tags": {"a"}},
        ),
    ],
    ids=["queue", "kind", "tags", "untagged", "all"],
)
async def test_jobs_of_others_at_the_head_do_not_starve_a_claim(
    stage: Stage, wanted: dict, other: dict, filters: dict
) -> None:
    await stage.enqueue_many([{**other, "priority": 1}] * 120)
    mine = await stage.enqueue_many([wanted] * 3)

    assert await stage.claimed_ids(9, **filters) == mine
    assert await stage.claimed_ids(9, **filters) == []


@pytest.mark.parametrize(
    ("other", "filters"),
    [
        ({"kind": "Mine"}, {"kinds": {"mine"}}),
        ({"queue": "Mail"}, {"queues": {"mail"}}),
        ({"kind": "Mine", "queue": "mail"}, {"kinds": {"mine"}, "queues": {"mail"}}),
        ({"tags": ["A"]}, {"tags": {"a"}}),
    ],
    ids=["kind", "queue", "both", "tag"],
)
async def test_names_that_differ_by_case_are_different(
    stage: Stage, other: dict, filters: dict
) -> None:
    await stage.enqueue(**other)

    assert await stage.claim(**filters) == []
    assert await stage.backend.next_due_s(request(stage.worker, **filters)) is None


async def test_lanes_are_merged_by_priority_and_age(stage: Stage) -> None:
    kinds, queues = ("a", "b"), ("default", "mail")
    jobs = [
        {"kind": kinds[n % 2], "queue": queues[n // 2 % 2], "priority": n // 4}
        for n in range(12)
    ]
    ids = await stage.enqueue_many(jobs)

    claimed = [
        *await stage.claimed_ids(5, kinds=kinds, queues=queues),
        *await stage.claimed_ids(9, kinds=kinds, queues=queues),
    ]

    assert claimed == ids


@pytest.mark.parametrize("filters", [{"kinds": ()}, {"queues": ()}, {"tags": ()}])
async def test_a_claim_that_may_take_nothing_takes_nothing(
    stage: Stage, filters: dict
) -> None:
    await stage.enqueue(tags=["a"])

    assert await stage.claim(**filters) == []


async def test_claim_batch_filters_by_kind_and_queue(stage: Stage) -> None:
    await stage.enqueue_many([{"kind": "theirs"}, {"kind": "mine", "queue": "mail"}])
    mine = await stage.enqueue(kind="mine")

    rows = await stage.backend.claim_batch(
        stage.worker, limit=9, kinds=["mine"], queues=["default"]
    )

    assert [row["id"] for row in rows] == [mine]


async def test_a_lease_lasts_as_long_as_asked_or_as_the_backend_says(
    stage: Stage,
) -> None:
    await stage.enqueue_many([{}, {}])
    (long,) = await stage.backend.claim_batch(stage.worker, ttl_s=3600.0)
    (usual,) = await stage.backend.claim_batch(stage.worker)

    difference = (long["lease_until"] - usual["lease_until"]).total_seconds()
    assert difference == pytest.approx(3600 - stage.backend.lease_ttl_s, abs=20)


async def test_a_stranger_cannot_start_a_leased_job(stage: Stage) -> None:
    row = await stage.leased()

    with pytest.raises(OptimisticLockError):
        await stage.backend.mark_running(row["id"], uuid4())

    assert (await stage.backend.get(row["id"]))["status"] is JobStatus.QUEUED


async def test_a_lease_that_has_ended_starts_nothing(stage: Stage) -> None:
    row = await stage.leased()
    await stage.probe.expire_lease(row["id"])

    with pytest.raises(OptimisticLockError):
        await stage.backend.mark_running(row["id"], stage.worker)


async def test_a_job_that_was_cancelled_while_leased_is_not_started(
    stage: Stage,
) -> None:
    row = await stage.leased()
    await stage.backend.cancel(row["id"])

    with pytest.raises(OptimisticLockError):
        await stage.backend.mark_running(row["id"], stage.worker)

    assert (await stage.backend.get(row["id"]))["status"] is JobStatus.CANCELLED


async def test_no_job_starts_that_does_not_exist(backend: QueueBackend) -> None:
    with pytest.raises(OptimisticLockError):
        await backend.mark_running(uuid4(), uuid4())


async def test_a_started_lease_is_settled_at_the_version_of_its_row(
    stage: Stage,
) -> None:
    row = await stage.leased()
    await stage.backend.mark_running(row["id"], stage.worker)

    await stage.backend.succeed(
        row["id"], {"ok": True}, expected_version=row["version"]
    )

    record = await stage.backend.get(row["id"])
    assert (record["status"], record["attempts"]) == (JobStatus.SUCCESS, 1)


async def test_next_due_is_now_while_a_job_waits_that_may_be_taken(
    stage: Stage,
) -> None:
    await stage.enqueue(kind="mine", queue="mail", tags=["a"])

    async def due_in(**filters: object) -> float | None:
        return await stage.backend.next_due_s(request(stage.worker, **filters))

    assert await due_in() == 0.0
    assert await due_in(kinds={"mine"}, queues={"mail"}, tags={"a"}) == 0.0
    assert await due_in(kinds={"other"}) is None
    assert await due_in(queues={"default"}) is None
    assert await due_in(tags={"b"}) is None


async def test_next_due_looks_ahead_to_what_is_scheduled(stage: Stage) -> None:
    await stage.enqueue(kind="later", scheduled_for=from_now(7200))
    await stage.enqueue(kind="soon", scheduled_for=from_now(3600))
    await stage.running(kind="busy")

    async def due_in(kind: str) -> float | None:
        wanted = request(stage.worker, kinds={kind})
        return await stage.backend.next_due_s(wanted)

    assert await due_in("later") == pytest.approx(7200, abs=60)
    assert await due_in("soon") == pytest.approx(3600, abs=60)
    assert await due_in("busy") is None


async def test_the_depth_counts_what_is_queued_leased_or_not(stage: Stage) -> None:
    await stage.enqueue(scheduled_for=from_now(60))
    await stage.running()
    await stage.leased()
    await stage.enqueue()

    assert await stage.backend.queue_depth() == 2
