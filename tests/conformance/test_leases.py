from __future__ import annotations

from uuid import uuid4

import pytest

from pyjobkit_django.errors import OptimisticLockError
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.outcomes import LEASE_EXPIRED, Outcome
from tests.conformance.stage import Stage, end_as


async def test_a_stranger_extends_nothing(stage: Stage) -> None:
    job = await stage.running()
    before = await stage.backend.get(job.id)
    stranger = uuid4()

    report = await stage.backend.extend_leases(stranger, {job.id: job.version}, 90.0)
    with pytest.raises(OptimisticLockError):
        await stage.backend.extend_lease(
            job.id, stranger, 90.0, expected_version=job.version
        )

    assert (report.extended, report.lost) == (frozenset(), {job.id})
    assert await stage.backend.get(job.id) == before


async def test_one_lost_lease_among_a_hundred_loses_no_other(stage: Stage) -> None:
    jobs = await stage.running_many(100)
    versions = {job.id: job.version for job in jobs}
    await stage.backend.settle([Outcome.success(jobs[17], None)])
    versions[jobs[18].id] += 1
    stranger = uuid4()
    versions[stranger] = 1

    report = await stage.backend.extend_leases(stage.worker, versions, 90.0)

    assert report.lost == {jobs[17].id, jobs[18].id, stranger}
    assert report.extended == set(versions) - report.lost
    assert report.cancel_requested == frozenset()


async def test_extending_nothing_reports_nothing(stage: Stage) -> None:
    report = await stage.backend.extend_leases(stage.worker, {}, 90.0)

    assert report.extended == report.lost == report.cancel_requested == frozenset()


async def test_an_extension_tells_which_jobs_are_to_be_cancelled(stage: Stage) -> None:
    cancelled, other = await stage.running_many(2)
    await stage.backend.cancel(cancelled.id)

    report = await stage.backend.extend_leases(
        stage.worker, {job.id: job.version for job in (cancelled, other)}, 90.0
    )

    assert report.extended == {cancelled.id, other.id}
    assert report.cancel_requested == {cancelled.id}
    ids = [cancelled.id, other.id]
    assert await stage.backend.cancel_requests(ids) == {cancelled.id}
    assert await stage.backend.cancel_requests([]) == frozenset()


async def test_a_lease_that_ended_is_still_extended_until_it_is_reaped(
    stage: Stage,
) -> None:
    job = await stage.running()
    await stage.probe.expire_lease(job.id)

    await stage.backend.extend_lease(
        job.id, stage.worker, 90.0, expected_version=job.version
    )

    assert (await stage.backend.reap()).count == 0
    assert (await stage.backend.get(job.id))["status"] is JobStatus.RUNNING


async def test_reap_leaves_leases_that_hold(stage: Stage) -> None:
    job = await stage.running()
    row = await stage.leased()
    before = [await stage.backend.get(job_id) for job_id in (job.id, row["id"])]

    assert (await stage.backend.reap()).count == 0
    assert await stage.backend.reap_expired() == 0

    after = [await stage.backend.get(job_id) for job_id in (job.id, row["id"])]
    assert after == before


async def test_a_job_that_was_leased_and_never_started_costs_no_attempt(
    stage: Stage,
) -> None:
    row = await stage.leased(max_attempts=1)
    await stage.probe.expire_lease(row["id"])

    assert await stage.backend.reap_expired() == 1

    assert await stage.probe.attempts(row["id"]) == []
    (job,) = await stage.claim()
    assert (job.id, job.attempts, job.version) == (row["id"], 1, 3)


async def test_a_lost_run_is_queued_again_and_leaves_a_record(stage: Stage) -> None:
    job = await stage.running(max_attempts=2)
    await stage.probe.expire_lease(job.id)

    await stage.backend.reap()

    record = await stage.backend.get(job.id)
    assert (record["status"], record["result"]) == (JobStatus.QUEUED, None)
    (attempt,) = await stage.probe.attempts(job.id)
    assert (attempt.version, attempt.attempt) == (job.version, 1)
    assert attempt.worker_id == stage.worker
    assert attempt.failure == LEASE_EXPIRED.as_json()
    (again,) = await stage.claim()
    assert (again.id, again.attempts, again.version) == (job.id, 2, 3)


async def test_a_job_that_keeps_killing_its_worker_fails_when_its_attempts_are_used_up(
    stage: Stage,
) -> None:
    job_id = await stage.enqueue(max_attempts=2)
    for _ in range(2):
        assert await stage.claimed_ids() == [job_id]
        await stage.probe.expire_lease(job_id)
        assert (await stage.backend.reap()).count == 1

    record = await stage.backend.get(job_id)
    assert (record["status"], record["attempts"]) == (JobStatus.FAILED, 2)
    assert record["result"] == LEASE_EXPIRED.as_json()
    assert record["version"] == 4
    assert record["finished_at"] is not None
    assert record["leased_by"] is record["lease_until"] is None
    kept = [(kept.version, kept.attempt) for kept in await stage.probe.attempts(job_id)]
    assert kept == [(1, 1), (3, 2)]


async def test_a_lost_run_that_was_to_be_cancelled_is_cancelled(stage: Stage) -> None:
    job = await stage.running(unique_key="one")
    await stage.backend.cancel(job.id)
    await stage.probe.expire_lease(job.id)

    assert (await stage.backend.reap()).count == 1

    record = await stage.backend.get(job.id)
    assert (record["status"], record["attempts"]) == (JobStatus.CANCELLED, 1)
    assert record["result"] == {"error": "cancelled"}
    assert (record["version"], record["unique_key"]) == (job.version + 1, None)
    (attempt,) = await stage.probe.attempts(job.id)
    assert attempt.failure == LEASE_EXPIRED.as_json()


async def test_one_sweep_takes_every_fate(stage: Stage) -> None:
    unstarted = (await stage.leased())["id"]
    again = (await stage.running()).id
    last = (await stage.running(max_attempts=1)).id
    unwanted = (await stage.running()).id
    await stage.backend.cancel(unwanted)
    holding = (await stage.running()).id
    await stage.probe.expire_lease(unstarted, again, last, unwanted)

    assert (await stage.backend.reap()).count == 4

    jobs = (unstarted, again, last, unwanted, holding)
    statuses = [(await stage.backend.get(job_id))["status"] for job_id in jobs]
    assert statuses == ["queued", "queued", "failed", "cancelled", "running"]


async def test_reap_takes_more_jobs_than_one_statement(stage: Stage) -> None:
    jobs = await stage.running_many(520)
    await stage.probe.expire_lease(*[job.id for job in jobs])

    assert (await stage.backend.reap()).count == 520
    assert await stage.backend.queue_depth() == 520


async def test_reap_tells_when_the_next_lease_ends(stage: Stage) -> None:
    assert (await stage.backend.reap()).next_in_s is None
    lost, _ = await stage.running_many(2)
    await stage.leased()
    await stage.probe.expire_lease(lost.id)

    sweep = await stage.backend.reap()

    assert sweep.count == 1
    assert sweep.next_in_s == pytest.approx(60, abs=30)


async def test_a_settled_job_is_never_reaped(stage: Stage) -> None:
    for status in (JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.TIMEOUT):
        job = await stage.running()
        await stage.probe.expire_lease(job.id)
        await stage.backend.settle([end_as(status, job)])

    sweep = await stage.backend.reap()

    assert (sweep.count, sweep.next_in_s) == (0, None)
