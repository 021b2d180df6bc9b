"""Runs that end with the job back in its queue: retry, snooze, release."""

from __future__ import annotations

import pytest

from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.outcomes import Outcome
from tests.conformance.stage import BROKEN, Stage


async def test_a_retry_without_delay_goes_behind_its_equals(stage: Stage) -> None:
    job = await stage.running()
    rival = await stage.enqueue()

    await stage.backend.retry(job.id, delay=0.0, expected_version=job.version)

    assert await stage.claimed_ids(2) == [rival, job.id]


async def test_a_delayed_retry_waits_until_it_is_due(stage: Stage) -> None:
    job = await stage.running()

    await stage.backend.settle([Outcome.retry(job, BROKEN, 3600.0)])

    record = await stage.backend.get(job.id)
    ahead = (record["scheduled_for"] - record["created_at"]).total_seconds()
    assert ahead == pytest.approx(3600, abs=60)
    assert await stage.claim() == []


async def test_a_job_that_waits_for_its_retry_has_no_result(stage: Stage) -> None:
    job = await stage.running()

    await stage.backend.settle([Outcome.retry(job, BROKEN, 0.0)])

    assert (await stage.backend.get(job.id))["result"] is None


async def test_a_snooze_or_release_costs_no_attempt_and_leaves_no_record(
    stage: Stage,
) -> None:
    job = await stage.running(max_attempts=1)
    await stage.backend.settle([Outcome.snooze(job, 0.0)])
    (job,) = await stage.claim()
    assert await stage.backend.release([job]) == {job.id}
    (job,) = await stage.claim()

    assert (job.attempts, job.version) == (1, 5)
    assert await stage.probe.attempts(job.id) == []


async def test_a_release_of_a_stale_claim_is_not_accepted(stage: Stage) -> None:
    fresh, stale = await stage.running_many(2)
    stale = stale._replace(version=stale.version + 1)

    assert await stage.backend.release([fresh, stale]) == {fresh.id}


@pytest.mark.parametrize("delay_s", [0.0, 60.0])
@pytest.mark.parametrize("verb", [Verb.RETRY, Verb.SNOOZE, Verb.RELEASE])
async def test_a_job_to_be_cancelled_is_not_queued_again(
    stage: Stage, verb: Verb, delay_s: float
) -> None:
    job = await stage.running(unique_key="one")
    await stage.backend.cancel(job.id)
    target = JobStatus.SCHEDULED if delay_s else JobStatus.QUEUED
    outcome = Outcome(
        job_id=job.id, version=job.version, verb=verb, status=target, delay_s=delay_s
    )

    assert await stage.backend.settle([outcome]) == {job.id}

    record = await stage.backend.get(job.id)
    assert record["status"] is JobStatus.CANCELLED
    assert record["result"] == {"error": "cancelled"}
    assert record["version"] == job.version + 1
    assert record["attempts"] == (1 if verb is Verb.RETRY else 0)
    assert record["finished_at"] is not None
    assert record["leased_by"] is record["unique_key"] is None
