"""A backend of single verbs gets every other verb from the contract's defaults."""

from __future__ import annotations

import logging
from uuid import uuid4

import pytest

from pyjobkit_django.contracts import ProgressUpdate, QueueBackend, Sweep
from pyjobkit_django.errors import UnsupportedError
from pyjobkit_django.jobs import JobSpec, JobStatus
from pyjobkit_django.outcomes import Outcome
from tests.conformance.probes import MemoryProbe
from tests.conformance.single_verbs import SingleVerbs
from tests.conformance.stage import BROKEN, Stage, end_as, request
from tests.conformance.test_signs import beat


@pytest.fixture
def stage() -> Stage:
    backend = SingleVerbs()
    return Stage(backend, MemoryProbe(backend.memory))


async def test_a_claim_leases_and_starts(stage: Stage) -> None:
    first, second = await stage.enqueue_many([{"timeout_s": 3.0}, {}])

    claimed = await stage.claim(5)

    assert [job.id for job in claimed] == [first, second]
    assert [(job.attempts, job.version) for job in claimed] == [(1, 1), (1, 1)]
    assert claimed[0].timeout_s == 3.0
    record = await stage.backend.get(first)
    assert (record["status"], record["leased_by"]) == (JobStatus.RUNNING, stage.worker)


async def test_a_job_that_cannot_be_started_does_not_hold_up_the_others(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await stage.enqueue_many([{}, {}])
    stage.backend.unreachable.add(first)

    with caplog.at_level(logging.WARNING, "pyjobkit.backend"):
        assert await stage.claimed_ids(5) == [second]

    assert [record.job_id for record in caplog.records] == [first]


async def test_a_job_that_was_cancelled_between_lease_and_start_is_left_out() -> None:
    class Slow(SingleVerbs):
        async def mark_running(self, job_id: object, worker_id: object) -> None:
            await self.memory.cancel(job_id)
            await super().mark_running(job_id, worker_id)

    backend = Slow()
    await backend.enqueue(kind="k", payload={})

    assert await backend.claim(request(uuid4())) == []


@pytest.mark.parametrize("status", ["success", "failed", "timeout"])
async def test_every_end_is_settled_and_fenced(stage: Stage, status: str) -> None:
    job = await stage.running()
    end = end_as(JobStatus(status), job)

    assert await stage.backend.settle([end._replace(version=9)]) == frozenset()
    assert await stage.backend.settle([end]) == {job.id}

    record = await stage.backend.get(job.id)
    assert record["status"] == status
    assert record["result"] == (end.failure.as_json() if end.failure else end.result)


async def test_a_cancelled_run_ends_cancelled_and_a_stale_one_cancels_nothing(
    stage: Stage,
) -> None:
    job, other = await stage.running_many(2)
    await stage.backend.cancel(job.id)
    outcomes = [
        Outcome.cancelled(job),
        Outcome.cancelled(other)._replace(version=other.version + 1),
    ]

    assert await stage.backend.settle(outcomes) == {job.id}

    assert (await stage.backend.get(job.id))["status"] is JobStatus.CANCELLED
    assert not await stage.backend.is_cancelled(other.id)


async def test_retries_snoozes_and_releases_return_jobs_to_the_queue(
    stage: Stage,
) -> None:
    now, later, asleep, released = await stage.running_many(4)

    await stage.backend.settle(
        [
            Outcome.retry(now, BROKEN, 0.0),
            Outcome.retry(later, BROKEN, 60.0),
            Outcome.snooze(asleep, 60.0),
        ]
    )
    assert await stage.backend.release([released]) == {released.id}

    jobs = (now, later, asleep, released)
    statuses = [(await stage.backend.get(job.id))["status"] for job in jobs]
    assert statuses == ["queued", "scheduled", "scheduled", "queued"]


async def test_extensions_report_what_is_held_lost_and_to_be_cancelled(
    stage: Stage,
) -> None:
    held, cancelled, lost = await stage.running_many(3)
    await stage.backend.cancel(cancelled.id)
    await stage.backend.settle([Outcome.success(lost, None)])

    report = await stage.backend.extend_leases(
        stage.worker, {job.id: job.version for job in (held, cancelled, lost)}, 60.0
    )

    assert report.extended == {held.id, cancelled.id}
    assert report.lost == {lost.id}
    assert report.cancel_requested == {cancelled.id}


async def test_a_lost_run_is_reaped(stage: Stage) -> None:
    job = await stage.running()
    await stage.probe.expire_lease(job.id)

    assert await stage.backend.reap() == Sweep(count=1)
    assert (await stage.backend.get(job.id))["status"] is JobStatus.QUEUED


async def test_follow_ups_are_enqueued_for_accepted_outcomes_only(stage: Stage) -> None:
    job, stale = await stage.running_many(2)
    after = [JobSpec.build(kind="after", payload={"n": n}) for n in range(2)]

    await stage.backend.settle(
        [
            Outcome.success(job, None, [after[0]]),
            Outcome.success(stale._replace(version=9), None, [after[1]]),
        ]
    )

    assert [job.payload for job in await stage.claim(5, kinds={"after"})] == [{"n": 0}]


@pytest.mark.parametrize(
    "field",
    [
        {"queue": "mail"},
        {"unique_key": "one"},
        {"retry_policy": "fixed:1"},
        {"tags": ["a"]},
        {"parent": uuid4()},
    ],
    ids=lambda field: next(iter(field)),
)
async def test_a_field_that_it_does_not_keep_is_refused(
    stage: Stage, field: dict
) -> None:
    with pytest.raises(
        UnsupportedError, match=f"SingleVerbs does not keep {next(iter(field))}"
    ):
        await stage.enqueue(**field)

    assert await stage.probe.count() == 0


async def test_a_field_that_it_says_it_keeps_reaches_enqueue() -> None:
    class Tagged(SingleVerbs):
        stores = frozenset({"tags"})

    backend = Tagged()
    (job_id,) = await backend.enqueue_many([JobSpec.build(kind="k", tags=["a"])])

    assert (await backend.get(job_id))["tags"] == ["a"]


async def test_a_claim_by_tags_is_refused(stage: Stage) -> None:
    with pytest.raises(UnsupportedError, match="keeps no tags"):
        await stage.claim(tags={"a"})


async def test_what_it_cannot_operate_is_refused(stage: Stage) -> None:
    assert not stage.backend.supports_operating
    with pytest.raises(UnsupportedError, match="cannot requeue"):
        await stage.backend.requeue([uuid4()])
    with pytest.raises(UnsupportedError, match="cannot purge"):
        await stage.backend.purge_finished()


async def test_what_is_optional_does_nothing(stage: Stage) -> None:
    backend: QueueBackend = stage.backend

    assert await backend.promote() == Sweep()
    assert await backend.next_due_s(request(stage.worker)) is None
    await backend.record_progress(
        [ProgressUpdate(job_id=uuid4(), version=1, value=1.0)]
    )
    await backend.heartbeat(beat(stage.worker))
    await backend.listen(lambda wakeup: None)
    async with backend.worker_session() as own, own.slot() as slot:
        assert own is backend
        assert await slot.tidy()
    await backend.close()
