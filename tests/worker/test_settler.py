from __future__ import annotations

import asyncio

from pyjobkit_django.jobs import JobSpec
from pyjobkit_django.outcomes import Outcome
from pyjobkit_django.worker import settler as settler_module
from tests.worker.fakes import (
    Does,
    FakeBackend,
    engine_for,
    events,
    until,
    until_ended,
    until_status,
    worker_for,
    working,
)


async def test_outcomes_that_gather_go_out_together():
    job = Does()
    engine = engine_for(job)
    await engine.enqueue_many([{"kind": "job"}] * 50)
    async with working(engine, max_concurrency=50):
        await until(lambda: len(engine.backend.settled) == 50)

    assert engine.backend.calls["settle"] <= 5


async def test_an_outcome_outlives_an_outage_of_the_backend():
    gate = asyncio.Event()

    async def act(ctx, payload):
        await gate.wait()
        return "done"

    job = Does(act)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until(lambda: job.started)
        engine.backend.go_down()
        gate.set()
        await until(lambda: engine.backend.calls["settle"] >= 2)
        engine.backend.come_back()
        record = await until_ended(engine, job_id)

    assert (record["result"], record["attempts"]) == ("done", 1)
    assert job.started == [job_id]


async def test_a_refused_outcome_is_not_offered_again(caplog):
    """Trap 6: one lock conflict stays with its job."""
    gate = asyncio.Event()

    async def act(ctx, payload):
        await gate.wait()

    engine = engine_for(act)
    lost = await engine.enqueue(kind="job")
    other = await engine.enqueue(kind="job")
    async with working(engine, max_concurrency=2):
        await until_status(engine, lost, "running")
        await engine.backend.fail(lost, {"error": "by hand"}, expected_version=1)
        gate.set()
        await until_ended(engine, other)
        await until(lambda: "job.lock_conflict" in events(caplog))

    assert (await engine.get(lost))["result"]["error"] == "by hand"
    assert events(caplog).count("job.lock_conflict") == 1


async def test_one_bad_outcome_among_many_blocks_nobody(monkeypatch):
    monkeypatch.setattr(settler_module, "ALONE_TRIES", 1000)
    engine = engine_for(None)
    ids = await engine.enqueue_many([{"kind": "job"}] * 40)
    engine.backend.bad = {ids[17]}
    async with working(engine, max_concurrency=40):
        for job_id in ids[:17] + ids[18:]:
            assert (await until_ended(engine, job_id))["status"] == "success"
        late = await engine.enqueue(kind="job")
        assert (await until_ended(engine, late))["status"] == "success"

        engine.backend.bad = set()
        assert (await until_ended(engine, ids[17]))["status"] == "success"


class Picky(FakeBackend):
    """Cannot write successes of the bad jobs, whatever is tried."""

    async def settle(self, outcomes):
        if any(
            outcome.job_id in self.bad and outcome.status == "success"
            for outcome in outcomes
        ):
            raise ValueError("value too long")
        return await self._through("settle", outcomes)


async def test_what_can_never_be_written_fails_the_job_with_the_reason(monkeypatch):
    """Trap 18, for what no check foresaw."""
    monkeypatch.setattr(settler_module, "ALONE_S", (0.001, 0.001))
    engine = engine_for(None, backend=Picky())
    job_id = await engine.enqueue(kind="job")
    engine.backend.bad = {job_id}
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("failed", 1)
    assert record["result"]["reason"] == "unwritable_outcome"
    assert "value too long" in record["result"]["message"]


async def test_a_bad_outcome_is_offered_for_as_long_as_nothing_can_be_written(
    monkeypatch,
):
    monkeypatch.setattr(settler_module, "ALONE_S", (0.001, 0.001))
    engine = engine_for(None)
    job_id = await engine.enqueue(kind="job")
    engine.backend.bad = {job_id}
    async with working(engine):
        await until(lambda: engine.backend.calls["bad settle"] > 20)
        engine.backend.bad = set()
        assert (await until_ended(engine, job_id))["status"] == "success"


async def test_more_outcomes_than_fit_go_out_in_turn(monkeypatch):
    monkeypatch.setattr(settler_module, "MAX_BATCH", 10)
    engine = engine_for(None)
    await engine.enqueue_many([{"kind": "job"}] * 50)
    async with working(engine, max_concurrency=50):
        await until(lambda: len(engine.backend.settled) == 50)

    assert engine.backend.calls["settle"] >= 5


async def test_a_stop_does_not_wait_for_ever_for_a_backend_that_is_gone(
    monkeypatch, caplog
):
    monkeypatch.setattr("pyjobkit_django.worker.crew.GRACE_S", 0.1)
    engine = engine_for(None)
    engine.backend.broken = {"settle", "check_connection"}
    job_id = await engine.enqueue(kind="job")
    worker = worker_for(engine, stop_timeout=0.1)
    async with working(worker):
        await until(lambda: engine.backend.calls["settle"])

    assert (await engine.get(job_id))["status"] == "running"
    (told,) = [r for r in caplog.records if r.event == "worker.unsettled"]
    assert told.job_ids == [str(job_id)]


async def test_follow_ups_wake_the_claimer(monkeypatch):
    def with_follow_up(job, result):
        follow_ups = [JobSpec(kind="next")] if job.kind == "job" else []
        return Outcome.success(job, result, follow_ups)

    monkeypatch.setattr(
        "pyjobkit_django.worker.decisions._returned",
        lambda job, result, rules: with_follow_up(job, result),
    )
    following = Does(kind="next")
    engine = engine_for(Does(), following)
    await engine.enqueue(kind="job")
    async with working(engine, poll_interval=60):
        await until(lambda: following.ended)


async def test_a_second_claim_of_a_job_makes_the_first_outcome_stale(caplog):
    """The lease ran out while the outcome waited; the same worker has the job again."""
    engine = engine_for(None)
    job_id = await engine.enqueue(kind="job")
    engine.backend.broken = {"settle", "check_connection", "extend_leases"}
    async with working(engine, lease_ttl=0.3, watchdog_interval_s=0.05):
        await until(lambda: engine.backend.calls["settle"])
        await until(lambda: engine.backend.calls["reap"] > 1)

        async def claimed_again():
            return (await engine.get(job_id))["version"] > 2

        await until(claimed_again)
        engine.backend.come_back()
        record = await until_ended(engine, job_id)

    assert record["status"] == "success"
    assert "job.lock_conflict" in events(caplog)
