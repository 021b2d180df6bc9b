from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.jobs import JobStatus
from tests.conformance.probes import LONG_AGO
from tests.conformance.stage import Stage, from_now

EAST = timezone(timedelta(hours=5))


async def test_a_job_without_a_time_is_due_at_once(stage: Stage) -> None:
    job_id = await stage.enqueue()

    record = await stage.backend.get(job_id)
    assert record["status"] is JobStatus.QUEUED
    assert abs(record["scheduled_for"] - record["created_at"]) < timedelta(seconds=1)


async def test_a_time_that_has_passed_is_kept_and_the_job_is_due(stage: Stage) -> None:
    job_id = await stage.enqueue(scheduled_for=LONG_AGO)

    record = await stage.backend.get(job_id)
    assert (record["status"], record["scheduled_for"]) == (JobStatus.QUEUED, LONG_AGO)
    assert await stage.claimed_ids() == [job_id]


async def test_a_job_for_later_is_scheduled_and_not_claimed(stage: Stage) -> None:
    when = from_now(3600)
    job_id = await stage.enqueue(scheduled_for=when)

    record = await stage.backend.get(job_id)
    assert (record["status"], record["scheduled_for"]) == (JobStatus.SCHEDULED, when)
    assert await stage.claim() == []


async def test_a_time_in_another_zone_means_the_same_moment(stage: Stage) -> None:
    # Read as UTC, the first would be due in five hours and the second long overdue.
    past = from_now(-60).astimezone(EAST)
    future = from_now(3600).astimezone(timezone(timedelta(hours=-11)))

    due, later = await stage.enqueue_many(
        [{"scheduled_for": past}, {"scheduled_for": future}]
    )

    assert (await stage.backend.get(due))["scheduled_for"] == past
    assert (await stage.backend.get(later))["scheduled_for"] == future
    assert await stage.claimed_ids(9) == [due]


async def test_all_times_of_a_record_are_in_utc(stage: Stage) -> None:
    job_id = await stage.enqueue(scheduled_for=datetime(2021, 6, 1, 12, tzinfo=EAST))
    (job,) = await stage.claim()

    record = await stage.backend.get(job_id)

    times = ("scheduled_for", "created_at", "started_at", "lease_until")
    assert {record[name].utcoffset() for name in times} == {timedelta()}
    assert record["scheduled_for"] == datetime(2021, 6, 1, 7, tzinfo=UTC)
    assert job.created_at.utcoffset() == timedelta()


async def test_a_time_keeps_its_microseconds(stage: Stage) -> None:
    when = datetime(2021, 6, 1, 12, 0, 0, 123457, tzinfo=UTC)

    job_id = await stage.enqueue(scheduled_for=when)

    assert (await stage.backend.get(job_id))["scheduled_for"] == when


async def test_promote_queues_what_is_due_in_the_order_of_its_times(
    stage: Stage,
) -> None:
    first, second, later = await stage.enqueue_many(
        [{"scheduled_for": from_now(3600)}] * 3
    )
    await stage.probe.make_due(second, first)

    assert (await stage.backend.promote()).count == 2

    assert await stage.claimed_ids(9) == [first, second]
    assert (await stage.backend.get(later))["status"] is JobStatus.SCHEDULED


async def test_promote_tells_when_there_will_be_more(stage: Stage) -> None:
    assert (await stage.backend.promote()).next_in_s is None
    await stage.enqueue(scheduled_for=from_now(7200))
    due, _ = await stage.enqueue_many([{"scheduled_for": from_now(3600)}] * 2)
    await stage.probe.make_due(due)

    sweep = await stage.backend.promote()

    assert sweep.count == 1
    assert sweep.next_in_s == pytest.approx(3600, abs=60)


async def test_promote_queues_more_jobs_than_one_statement_takes(stage: Stage) -> None:
    ids = await stage.enqueue_many(
        [{"kind": "many", "scheduled_for": from_now(3600)}] * 1_050
    )
    await stage.probe.make_due(*ids)

    sweep = await stage.backend.promote()

    assert (sweep.count, sweep.next_in_s) == (1_050, None)
    assert await stage.backend.queue_depth() == 1_050


async def test_a_promoted_job_has_waited_since_it_was_due(stage: Stage) -> None:
    waiting = await stage.enqueue(scheduled_for=from_now(3600))
    rival = await stage.enqueue()
    await stage.probe.make_due(waiting)

    await stage.backend.promote()

    assert await stage.claimed_ids(9) == [waiting, rival]


async def test_enqueue_in_and_enqueue_at_schedule_a_job(
    stage: Stage, engine: Engine
) -> None:
    in_an_hour = await engine.enqueue_in(timedelta(hours=1), kind="later")
    then = await engine.enqueue_at(from_now(7200), kind="later")

    for job_id, seconds in ((in_an_hour, 3600), (then, 7200)):
        record = await stage.backend.get(job_id)
        assert record["status"] is JobStatus.SCHEDULED
        ahead = (record["scheduled_for"] - record["created_at"]).total_seconds()
        assert ahead == pytest.approx(seconds, abs=60)


async def test_a_naive_time_is_refused(stage: Stage, engine: Engine) -> None:
    naive = datetime(2030, 1, 1)  # noqa: DTZ001 - the mistake in question

    with pytest.raises(InvalidJobError, match="scheduled_for"):
        await engine.enqueue(kind="later", scheduled_for=naive)

    assert await stage.probe.count() == 0
