from __future__ import annotations

from uuid import uuid4

import pytest

from pyjobkit_django.jobs import JobStatus
from tests.conformance.stage import Stage, end_as


async def test_this_very_job_is_claimed_past_those_before_it(stage: Stage) -> None:
    first, wanted = await stage.enqueue_many([{"kind": "k"}, {"kind": "k"}])

    job = await stage.backend.claim_job(wanted, stage.worker, ttl_s=60.0)

    record = await stage.backend.get(wanted)
    assert (job.id, job.version, job.attempts) == (wanted, 1, 1)
    assert (record["status"], record["leased_by"]) == ("running", stage.worker)
    assert record["started_at"] < record["lease_until"]
    assert await stage.claimed_ids(limit=9) == [first]
    assert await stage.backend.settle([end_as(JobStatus.SUCCESS, job)]) == {wanted}


@pytest.mark.parametrize("status", set(JobStatus) - {JobStatus.QUEUED})
async def test_a_job_that_is_not_queued_is_not_claimed(
    stage: Stage, status: JobStatus
) -> None:
    record = await stage.brought_to(status)

    assert await stage.backend.claim_job(record["id"], uuid4(), ttl_s=60.0) is None
    assert await stage.backend.get(record["id"]) == record


async def test_a_job_that_somebody_leased_is_not_claimed(stage: Stage) -> None:
    row = await stage.leased()

    assert await stage.backend.claim_job(row["id"], uuid4(), ttl_s=60.0) is None
    assert await stage.backend.claim_job(uuid4(), uuid4(), ttl_s=60.0) is None
