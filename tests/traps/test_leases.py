"""Who may run a job, and who may say how it ended."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pyjobkit_django.errors import OptimisticLockError
from pyjobkit_django.models import Job
from tests.conformance.stage import end_as, request
from tests.marks import committed
from tests.stored_jobs import claimed, queued
from tests.worker.fakes import Does, engine_for, worker_for

A_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


async def test_01_a_claim_takes_only_what_nobody_holds(stage):
    job = await stage.running()
    leased = await stage.leased()
    assert await stage.backend.claim(request(uuid4(), limit=9)) == []
    assert await stage.backend.claim_batch(uuid4(), limit=9) == []
    await stage.backend.settle([end_as("success", job)])
    await stage.backend.cancel(leased["id"])

    does = Does(lambda ctx, payload: asyncio.sleep(0.01))
    engine = engine_for(does, backend=stage.backend)
    ids = await engine.enqueue_many([{"kind": "job"}] * 20)
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(worker_for(engine).run(once=True))

    assert Counter(does.started) == Counter(ids)


async def test_02_a_claimed_row_carries_the_version_that_its_end_is_checked_by(stage):
    row = await stage.leased()
    assert row["version"] == (await stage.backend.get(row["id"]))["version"]

    await stage.backend.mark_running(row["id"], stage.worker)
    await stage.backend.succeed(row["id"], {}, expected_version=row["version"])

    assert (await stage.backend.get(row["id"]))["status"] == "success"


async def test_03_a_failed_attempt_is_queued_again_by_who_holds_it_only(stage):
    now, later = await stage.running(), await stage.running()

    with pytest.raises(OptimisticLockError):
        await stage.backend.retry(now.id, delay=0, expected_version=now.version - 1)
    await stage.backend.retry(now.id, delay=0, expected_version=now.version)
    await stage.backend.retry(later.id, delay=60, expected_version=later.version)

    records = [await stage.backend.get(job.id) for job in (now, later)]
    assert [record["status"] for record in records] == ["queued", "scheduled"]
    assert [record["leased_by"] for record in records] == [None, None]


async def test_04_a_dead_workers_job_is_queued_again_until_its_attempts_run_out(stage):
    unstarted = await stage.leased()
    await stage.probe.expire_lease(unstarted["id"])
    await stage.backend.reap()
    record = await stage.backend.get(unstarted["id"])
    assert (record["status"], record["attempts"]) == ("queued", 0)

    job_id = await stage.enqueue(kind="deadly", max_attempts=2)
    ends = []
    for _ in range(2):
        await stage.claim(kinds={"deadly"})
        await stage.probe.expire_lease(job_id)
        await stage.backend.reap()
        record = await stage.backend.get(job_id)
        ends.append((record["status"], record["attempts"]))

    assert ends == [("queued", 1), ("failed", 2)]


async def test_09_a_job_is_started_by_who_leased_it_and_while_it_is_queued_only(stage):
    leased, other = await stage.leased(), await stage.leased()
    ended, cancelled = await stage.running(), await stage.leased()
    await stage.backend.settle([end_as("success", ended)])
    await stage.backend.cancel(cancelled["id"])

    for job_id, worker in [
        (leased["id"], uuid4()),
        (ended.id, stage.worker),
        (cancelled["id"], stage.worker),
    ]:
        before = await stage.backend.get(job_id)
        with pytest.raises(OptimisticLockError):
            await stage.backend.mark_running(job_id, worker)
        assert await stage.backend.get(job_id) == before
    await stage.backend.mark_running(other["id"], stage.worker)


async def test_10_what_is_final_stays_so_and_a_stale_worker_moves_nothing(stage):
    done, taken_over = await stage.running(), await stage.running()
    await stage.backend.settle([end_as("success", done)])
    await stage.probe.expire_lease(taken_over.id)
    await stage.backend.reap()
    (again,) = await stage.backend.claim(request(uuid4()))
    assert again.id == taken_over.id

    for stale in (done, taken_over):
        for version in (stale.version, stale.version - 1):
            with pytest.raises(OptimisticLockError):
                await stage.backend.retry(stale.id, delay=0, expected_version=version)

    assert (await stage.backend.get(done.id))["status"] == "success"
    record = await stage.backend.get(again.id)
    assert (record["status"], record["version"]) == ("running", again.version)


@committed
def test_19_no_time_of_the_hosts_decides_about_leases_and_schedules():
    """Whatever the clock of this process shows, none of it is in the statements."""
    queued(3)
    held = claimed(2)

    with CaptureQueriesContext(connection) as captured:
        claimed()
        Job.objects.reap()
        Job.objects.promote()
        Job.objects.extend(uuid4(), {job.id: job.version for job in held}, 30.0)
        Job.objects.settle([end_as("success", held[0])])

    statements = [query["sql"] for query in captured]
    assert any("lease_until" in sql for sql in statements)
    assert [sql for sql in statements if A_MOMENT.search(sql)] == []


async def test_05_a_worker_holds_the_lease_of_all_that_it_claimed(stage):
    """It claims for free slots only, and extends what it runs."""
    gate, leases = asyncio.Event(), []

    async def wait(ctx, payload):
        await gate.wait()

    engine = engine_for(wait, backend=stage.backend)
    first, *others = await engine.enqueue_many([{"kind": "job"}] * 3)

    async def extended():
        leases.append((await engine.get(first))["lease_until"])
        return len(set(leases) - {None}) >= 2

    worker = worker_for(engine, max_concurrency=1, batch=3, lease_ttl=0.6)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        while not await extended():
            await asyncio.sleep(0.02)
        waiting = [await engine.get(job_id) for job_id in others]
        gate.set()
        worker.request_stop()

    assert [record["leased_by"] for record in waiting] == [None, None]
    assert (await sync_to_async(Job.objects.get)(pk=first)).attempts == 1
