from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from pyjobkit_django.contracts import QueueBackend
from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import InvalidMoveError, JobNotFoundError
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.outcomes import Outcome
from tests.conformance.stage import BROKEN, Stage, end_as

UNFINISHED = sorted(set(JobStatus) - FINAL)
REQUEUABLE = [JobStatus.FAILED, JobStatus.TIMEOUT, JobStatus.CANCELLED]


async def test_the_backend_says_that_it_is_there_and_operates(
    backend: QueueBackend,
) -> None:
    await backend.check_connection()

    assert backend.supports_operating
    assert backend.stores >= {"queue", "unique_key", "retry_policy", "tags", "parent"}


async def test_an_unknown_job_is_not_found(backend: QueueBackend) -> None:
    unknown = uuid4()

    with pytest.raises(JobNotFoundError, match=str(unknown)):
        await backend.get(unknown)
    with pytest.raises(JobNotFoundError, match=str(unknown)):
        await backend.cancel(unknown)
    with pytest.raises(KeyError):
        await backend.is_cancelled(unknown)
    assert await backend.requeue([unknown]) == frozenset()
    assert await backend.run_now([unknown]) == frozenset()
    assert await backend.delete([unknown]) == frozenset()


async def test_a_record_shows_all_that_was_enqueued(stage: Stage) -> None:
    parent = uuid4()
    fields = {
        "kind": "report",
        "payload": {"month": 11},
        "queue": "reports",
        "priority": 7,
        "max_attempts": 4,
        "timeout_s": 1.5,
        "retry_policy": "fixed:2",
        "idempotency_key": "once",
        "unique_key": "one",
        "parent": parent,
    }
    job_id = await stage.enqueue(tags=["b", "a"], **fields)

    record = await stage.backend.get(job_id)

    assert {name: record[name] for name in fields} == fields
    assert (record["id"], record["tags"]) == (job_id, ["a", "b"])
    assert record["status"] is JobStatus.QUEUED
    assert (record["version"], record["attempts"]) == (0, 0)
    assert record["cancel_requested"] is False
    empty = ("result", "started_at", "finished_at", "leased_by", "lease_until")
    assert [record[name] for name in (*empty, "progress")] == [None] * 6
    assert record["progress_meta"] == {}


@pytest.mark.parametrize("status", [JobStatus.SCHEDULED, JobStatus.QUEUED])
async def test_a_waiting_job_is_cancelled_at_once(
    stage: Stage, status: JobStatus
) -> None:
    job_id = (await stage.brought_to(status))["id"]
    assert not await stage.backend.is_cancelled(job_id)

    await stage.backend.cancel(job_id)
    await stage.backend.cancel(job_id)

    record = await stage.backend.get(job_id)
    assert (record["status"], record["version"]) == (JobStatus.CANCELLED, 1)
    assert record["result"] == {"error": "cancelled"}
    assert await stage.backend.is_cancelled(job_id)
    await stage.probe.end_long_ago(job_id)
    assert (await stage.backend.promote()).count == 0
    assert await stage.claim() == []


async def test_a_running_job_is_asked_to_stop_and_runs_until_it_is_settled(
    stage: Stage,
) -> None:
    job = await stage.running()

    await stage.backend.cancel(job.id)

    record = await stage.backend.get(job.id)
    assert (record["status"], record["version"]) == (JobStatus.RUNNING, job.version)
    assert await stage.backend.is_cancelled(job.id)
    assert await stage.backend.settle([Outcome.cancelled(job)]) == {job.id}
    assert (await stage.backend.get(job.id))["status"] is JobStatus.CANCELLED


@pytest.mark.parametrize("status", REQUEUABLE)
async def test_a_requeued_job_starts_over(stage: Stage, status: JobStatus) -> None:
    job = await stage.running(max_attempts=1)
    await stage.backend.cancel(job.id)
    await stage.backend.settle([end_as(status, job)])

    assert await stage.backend.requeue([job.id]) == {job.id}

    record = await stage.backend.get(job.id)
    assert record["status"] is JobStatus.QUEUED
    assert (record["attempts"], record["max_attempts"]) == (1, 2)
    assert record["cancel_requested"] is False
    assert not await stage.backend.is_cancelled(job.id)
    empty = ("result", "started_at", "finished_at", "leased_by", "lease_until")
    assert [record[name] for name in empty] == [None] * 5
    (again,) = await stage.claim()
    assert (again.id, again.attempts, again.version) == (job.id, 2, 4)


async def test_a_requeue_leaves_attempts_that_are_left(stage: Stage) -> None:
    job_id = (await stage.brought_to(JobStatus.FAILED, max_attempts=5))["id"]

    await stage.backend.requeue([job_id])

    assert (await stage.backend.get(job_id))["max_attempts"] == 5


async def test_a_requeued_job_goes_behind_its_equals(stage: Stage) -> None:
    failed = (await stage.brought_to(JobStatus.FAILED))["id"]
    waiting = await stage.enqueue()

    await stage.backend.requeue([failed])

    assert await stage.claimed_ids(2) == [waiting, failed]


async def test_a_requeue_of_many_takes_those_that_can_be(stage: Stage) -> None:
    records = {status: await stage.brought_to(status) for status in JobStatus}
    ids = [record["id"] for record in records.values()]

    moved = await stage.backend.requeue([*ids, *ids, uuid4()])

    assert moved == {records[status]["id"] for status in REQUEUABLE}
    assert await stage.backend.requeue([]) == frozenset()


async def test_a_requeued_job_refuses_the_outcome_of_its_former_run(
    stage: Stage,
) -> None:
    job = await stage.running()
    await stage.backend.settle([Outcome.failed(job, BROKEN)])
    await stage.backend.requeue([job.id])

    assert await stage.backend.settle([Outcome.success(job, 1)]) == frozenset()


async def test_the_engine_says_why_a_job_cannot_be_requeued(
    stage: Stage, engine: Engine
) -> None:
    job_id = await stage.enqueue()

    with pytest.raises(InvalidMoveError, match="is queued"):
        await engine.requeue(job_id)


async def test_a_scheduled_job_that_is_run_now_is_due_at_once(stage: Stage) -> None:
    before = await stage.brought_to(JobStatus.SCHEDULED)

    assert await stage.backend.run_now([before["id"]]) == {before["id"]}

    after = await stage.backend.get(before["id"])
    assert after["scheduled_for"] < before["scheduled_for"] - timedelta(minutes=50)
    assert after["scheduled_for"] >= after["created_at"]
    assert (await stage.backend.promote()).count == 0
    assert await stage.claimed_ids() == [before["id"]]


async def test_a_job_that_is_run_now_goes_behind_its_equals(stage: Stage) -> None:
    scheduled = (await stage.brought_to(JobStatus.SCHEDULED))["id"]
    waiting = await stage.enqueue()
    # Until the database's clock, which may count milliseconds, has moved on.
    await asyncio.sleep(0.002)

    await stage.backend.run_now([scheduled])

    assert await stage.claimed_ids(2) == [waiting, scheduled]


async def test_running_many_now_takes_those_that_are_scheduled(stage: Stage) -> None:
    records = {status: await stage.brought_to(status) for status in JobStatus}
    ids = [record["id"] for record in records.values()]

    moved = await stage.backend.run_now([*ids, *ids, uuid4()])

    assert moved == {records[JobStatus.SCHEDULED]["id"]}
    assert await stage.backend.run_now([]) == frozenset()


async def test_a_snoozed_job_that_is_run_now_keeps_its_attempts(stage: Stage) -> None:
    job = await stage.running()
    await stage.backend.settle([Outcome.retry(job, BROKEN, 600.0)])

    await stage.backend.run_now([job.id])

    (again,) = await stage.claim()
    assert (again.id, again.attempts, again.version) == (job.id, 2, 3)


async def test_the_engine_says_why_a_job_cannot_be_run_now(
    stage: Stage, engine: Engine
) -> None:
    job_id = await stage.enqueue()

    with pytest.raises(InvalidMoveError, match="is queued; only scheduled jobs"):
        await engine.run_now(job_id)
    with pytest.raises(JobNotFoundError):
        await engine.run_now(uuid4())


async def test_only_ended_jobs_are_deleted(stage: Stage) -> None:
    records = {status: await stage.brought_to(status) for status in JobStatus}
    ids = [record["id"] for record in records.values()]

    gone = await stage.backend.delete([*ids, *ids, uuid4()])

    assert gone == {records[status]["id"] for status in FINAL}
    for status, record in records.items():
        if status in FINAL:
            with pytest.raises(JobNotFoundError):
                await stage.backend.get(record["id"])
        else:
            assert await stage.backend.get(record["id"]) == record
    assert await stage.backend.delete([]) == frozenset()


async def test_a_deleted_job_takes_its_attempts_and_gives_back_its_key(
    stage: Stage,
) -> None:
    gone = await stage.brought_to(JobStatus.FAILED, idempotency_key="once")
    kept = await stage.brought_to(JobStatus.FAILED)

    await stage.backend.delete([gone["id"]])

    assert await stage.probe.attempts(gone["id"]) == []
    assert len(await stage.probe.attempts(kept["id"])) == 1
    assert await stage.enqueue(idempotency_key="once") != gone["id"]


async def test_the_engine_says_that_a_job_is_cancelled_before_it_is_deleted(
    stage: Stage, engine: Engine
) -> None:
    job_id = await stage.enqueue()

    with pytest.raises(InvalidMoveError, match=r"is queued; .* cancel it first"):
        await engine.delete(job_id)

    await engine.cancel(job_id)
    await engine.delete(job_id)
    with pytest.raises(JobNotFoundError):
        await engine.get(job_id)


async def test_purge_deletes_ended_jobs_of_the_statuses_given(stage: Stage) -> None:
    records = {status: await stage.brought_to(status) for status in JobStatus}
    statuses = [JobStatus.SUCCESS, JobStatus.CANCELLED]

    assert await stage.backend.purge_finished(statuses=statuses) == 2

    for status, record in records.items():
        if status in statuses:
            with pytest.raises(JobNotFoundError):
                await stage.backend.get(record["id"])
        else:
            assert await stage.backend.get(record["id"]) == record


async def test_purge_never_deletes_unfinished_jobs(stage: Stage) -> None:
    for status in UNFINISHED:
        await stage.brought_to(status)

    assert await stage.backend.purge_finished(statuses=UNFINISHED) == 0

    assert await stage.probe.count() == 3


async def test_purge_takes_ended_jobs_of_any_status_unless_told(stage: Stage) -> None:
    for status in JobStatus:
        await stage.brought_to(status)

    assert await stage.backend.purge_finished() == len(FINAL)

    assert await stage.probe.count() == 3


async def test_purge_keeps_what_ended_lately(stage: Stage) -> None:
    old = (await stage.brought_to(JobStatus.SUCCESS))["id"]
    new = (await stage.brought_to(JobStatus.SUCCESS))["id"]
    await stage.probe.end_long_ago(old)
    lately = timedelta(minutes=30)

    assert await stage.backend.purge_finished(older_than=lately, statuses=FINAL) == 1

    assert (await stage.backend.get(new))["status"] is JobStatus.SUCCESS


async def test_purge_deletes_the_attempts_with_their_job(stage: Stage) -> None:
    job_id = (await stage.brought_to(JobStatus.FAILED))["id"]
    kept = (await stage.brought_to(JobStatus.TIMEOUT))["id"]

    await stage.backend.purge_finished(statuses=[JobStatus.FAILED])

    assert await stage.probe.attempts(job_id) == []
    assert len(await stage.probe.attempts(kept)) == 1
