from __future__ import annotations

from uuid import uuid4

import pytest

from pyjobkit_django.errors import InvalidJobError, OptimisticLockError
from pyjobkit_django.jobs import JobSpec, JobStatus, Verb
from pyjobkit_django.outcomes import Failure, Outcome
from tests.conformance.stage import BROKEN, Stage, end_as

ENDS = [JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.TIMEOUT, JobStatus.CANCELLED]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (JobStatus.SUCCESS, {"done": True}),
        (JobStatus.FAILED, BROKEN.as_json()),
        (JobStatus.TIMEOUT, {"error": "timeout"}),
        (JobStatus.CANCELLED, {"error": "cancelled"}),
    ],
)
async def test_a_record_shows_the_result_or_why_there_is_none(
    stage: Stage, status: JobStatus, shown: dict
) -> None:
    record = await stage.brought_to(status)

    assert record["result"] == shown


@pytest.mark.parametrize("result", [None, [], 0, "", False, {"a": [1, None]}])
async def test_a_result_is_any_json_value(stage: Stage, result: object) -> None:
    job = await stage.running()

    await stage.backend.settle([Outcome.success(job, result)])

    record = await stage.backend.get(job.id)
    assert record["result"] == result
    assert type(record["result"]) is type(result)


async def test_the_single_verbs_end_jobs_with_what_they_are_given(stage: Stage) -> None:
    won, broken, late = await stage.running_many(3)

    await stage.backend.succeed(won.id, {"rows": (1, 2)}, expected_version=won.version)
    reason = {"error": "no disk", "disk": "sda"}
    await stage.backend.fail(broken.id, reason, expected_version=broken.version)
    await stage.backend.timeout(late.id, expected_version=late.version)

    results = [
        (await stage.backend.get(job.id))["result"] for job in (won, broken, late)
    ]
    assert results == [{"rows": [1, 2]}, reason, {"error": "timeout"}]


async def test_a_result_that_is_not_json_is_refused_and_the_job_runs_on(
    stage: Stage,
) -> None:
    job = await stage.running()

    with pytest.raises(InvalidJobError, match=r"result\.at"):
        await stage.backend.succeed(
            job.id, {"at": job.created_at}, expected_version=job.version
        )

    assert (await stage.backend.get(job.id))["status"] is JobStatus.RUNNING


@pytest.mark.parametrize("status", ENDS)
async def test_a_stale_version_settles_nothing(stage: Stage, status: JobStatus) -> None:
    job = await stage.running()
    before = await stage.backend.get(job.id)
    stale = [job._replace(version=job.version + step) for step in (-1, 1)]

    for old in stale:
        assert await stage.backend.settle([end_as(status, old)]) == frozenset()

    assert await stage.backend.get(job.id) == before
    assert await stage.probe.attempts(job.id) == []


async def test_single_verbs_refuse_a_stale_version(stage: Stage) -> None:
    job = await stage.running()
    before = await stage.backend.get(job.id)
    stale = {"expected_version": job.version - 1}

    for call in (
        stage.backend.succeed(job.id, {}, **stale),
        stage.backend.fail(job.id, {}, **stale),
        stage.backend.timeout(job.id, **stale),
        stage.backend.retry(job.id, delay=0.0, **stale),
        stage.backend.extend_lease(job.id, stage.worker, 60.0, **stale),
    ):
        with pytest.raises(OptimisticLockError, match=str(job.id)):
            await call

    assert await stage.backend.get(job.id) == before


async def test_a_run_is_settled_once(stage: Stage) -> None:
    job = await stage.running()

    first = await stage.backend.settle([Outcome.success(job, "first")])
    second = await stage.backend.settle([Outcome.success(job, "second")])

    assert (first, second) == ({job.id}, frozenset())
    assert (await stage.backend.get(job.id))["result"] == "first"


async def test_one_stale_outcome_among_a_hundred_holds_up_none(stage: Stage) -> None:
    jobs = await stage.running_many(100)
    outcomes = [Outcome.success(job, {"n": n}) for n, job in enumerate(jobs)]
    outcomes[41] = outcomes[41]._replace(version=7)

    accepted = await stage.backend.settle(outcomes)

    assert accepted == {job.id for job in jobs} - {jobs[41].id}
    assert (await stage.backend.get(jobs[99].id))["result"] == {"n": 99}
    assert (await stage.backend.get(jobs[41].id))["status"] is JobStatus.RUNNING


async def test_one_batch_may_hold_every_kind_of_end(stage: Stage) -> None:
    jobs = await stage.running_many(8)
    outcomes = [
        *(end_as(status, job) for status, job in zip(ENDS, jobs, strict=False)),
        Outcome.retry(jobs[4], BROKEN, 0.0),
        Outcome.retry(jobs[5], BROKEN, 60.0),
        Outcome.snooze(jobs[6], 60.0),
        Outcome.release(jobs[7]),
    ]

    assert await stage.backend.settle(outcomes) == {job.id for job in jobs}

    records = [await stage.backend.get(job.id) for job in jobs]
    assert [record["status"] for record in records] == [
        *ENDS,
        JobStatus.QUEUED,
        JobStatus.SCHEDULED,
        JobStatus.SCHEDULED,
        JobStatus.QUEUED,
    ]
    assert [record["attempts"] for record in records] == [1, 1, 1, 1, 1, 1, 0, 0]


async def test_settling_nothing_or_an_unknown_job_accepts_nothing(stage: Stage) -> None:
    unknown = Outcome(
        job_id=uuid4(), version=1, verb=Verb.FINISH, status=JobStatus.SUCCESS
    )

    assert await stage.backend.settle([]) == frozenset()
    assert await stage.backend.settle([unknown]) == frozenset()


async def test_an_outcome_is_accepted_past_the_end_of_its_lease(stage: Stage) -> None:
    job = await stage.running()
    await stage.probe.expire_lease(job.id)

    assert await stage.backend.settle([Outcome.success(job, 1)]) == {job.id}


async def test_an_outcome_is_refused_once_the_job_was_reaped_and_claimed_again(
    stage: Stage,
) -> None:
    job = await stage.running()
    await stage.probe.expire_lease(job.id)
    await stage.backend.reap()
    assert await stage.backend.settle([Outcome.success(job, "late")]) == frozenset()

    (again,) = await stage.claim()

    assert again.id == job.id
    assert await stage.backend.settle([Outcome.success(job, "late")]) == frozenset()
    assert await stage.backend.settle([Outcome.success(again, "in time")]) == {job.id}
    assert (await stage.backend.get(job.id))["result"] == "in time"


async def test_a_run_that_ends_before_it_hears_of_the_cancel_keeps_its_end(
    stage: Stage,
) -> None:
    job = await stage.running()
    await stage.backend.cancel(job.id)

    await stage.backend.settle([Outcome.success(job, {"sent": True})])

    record = await stage.backend.get(job.id)
    assert (record["status"], record["result"]) == (JobStatus.SUCCESS, {"sent": True})


@pytest.mark.parametrize("status", ENDS)
async def test_every_run_that_did_not_succeed_leaves_a_record(
    stage: Stage, status: JobStatus
) -> None:
    job = await stage.running()
    await stage.backend.settle([Outcome.retry(job, BROKEN, 0.0)])
    (again,) = await stage.claim()
    end = end_as(status, again)
    await stage.backend.settle([end])

    first, *others = await stage.probe.attempts(job.id)

    assert (first.version, first.attempt, first.worker_id) == (1, 1, stage.worker)
    assert first.failure == BROKEN.as_json()
    assert first.traceback == "Traceback: broken"
    assert first.started_at <= first.finished_at
    ended = [(record.version, record.attempt, record.failure) for record in others]
    assert ended == ([(3, 2, end.failure.as_json())] if end.failure else [])


async def test_follow_ups_are_enqueued_for_accepted_outcomes_only(stage: Stage) -> None:
    done, stale, failed = await stage.running_many(3)
    after = {
        job.id: JobSpec.build(kind="after", payload={"of": n}, parent=job.id)
        for n, job in enumerate((done, stale, failed))
    }
    failure = Failure(error="broken")

    await stage.backend.settle(
        [
            Outcome.success(done, None, [after[done.id]]),
            Outcome.success(stale._replace(version=9), None, [after[stale.id]]),
            Outcome.failed(failed, failure, [after[failed.id]]),
        ]
    )

    claimed = await stage.claim(9, kinds={"after"})
    assert {job.id for job in claimed} == {after[done.id].id, after[failed.id].id}
    parents = {(await stage.backend.get(job.id)).get("parent") for job in claimed}
    assert parents == {done.id, failed.id}


async def test_a_follow_up_may_take_the_unique_key_of_the_job_it_follows(
    stage: Stage,
) -> None:
    job = await stage.running(unique_key="one")
    follow_up = JobSpec.build(kind="after", unique_key="one")

    await stage.backend.settle([Outcome.success(job, None, [follow_up])])

    assert (await stage.backend.get(follow_up.id))["status"] is JobStatus.QUEUED
