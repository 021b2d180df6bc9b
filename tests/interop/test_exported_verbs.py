"""pyjobkit's contract, verb by verb, on our backends."""

from __future__ import annotations

from uuid import uuid4

import pytest

from pyjobkit_django.contracts import Sweep
from pyjobkit_django.interop import as_pyjobkit
from pyjobkit_django.interop.promotion import LONGEST_S, Promotion
from tests.conformance.stage import from_now
from tests.interop.marks import against_pyjobkit, import_pyjobkit

pyjobkit = import_pyjobkit()

from pyjobkit.contracts import OptimisticLockError  # noqa: E402 - it may not be there

pytestmark = against_pyjobkit

ENDS = {
    "success": lambda backend, job_id, **version: backend.succeed(
        job_id, {"done": True}, **version
    ),
    "failed": lambda backend, job_id, **version: backend.fail(
        job_id, {"error": "by hand"}, **version
    ),
    "timeout": lambda backend, job_id, **version: backend.timeout(job_id, **version),
}
each_end = pytest.mark.parametrize(("status", "end"), ENDS.items())


@pytest.fixture
def worker():
    return uuid4()


@pytest.fixture
def leased(exported, worker):
    async def leased(**fields):
        await exported.enqueue(**{"kind": "k", "payload": {}, **fields})
        (row,) = await exported.claim_batch(worker)
        return row

    return leased


@pytest.fixture
def running(exported, worker, leased):
    async def running(**fields):
        row = await leased(**fields)
        await exported.mark_running(row["id"], worker)
        return row

    return running


async def test_it_is_a_backend_of_pyjobkits_own_class(exported, stage):
    assert isinstance(exported, pyjobkit.QueueBackend)
    assert exported.lease_ttl_s == stage.backend.lease_ttl_s == 30


async def test_a_job_that_is_not_there_is_a_key_error(exported):
    with pytest.raises(KeyError):
        await exported.get(uuid4())


async def test_a_claimed_row_has_the_new_version_and_the_attempts_before(
    exported, leased
):
    row = await leased(payload={"a": 1, "__pjk_tags": ["x"]}, max_attempts=5)

    assert (row["version"], row["attempts"], row["max_attempts"]) == (1, 0, 5)
    assert row["payload"] == {"a": 1, "__pjk_tags": ["x"]}
    record = await exported.get(row["id"])
    assert (record["status"], record["version"]) == ("queued", 1)
    assert row["created_at"] == record["created_at"]


async def test_a_start_counts_the_attempt_and_keeps_the_version(exported, running):
    row = await running()

    record = await exported.get(row["id"])
    assert (record["status"], record["attempts"]) == ("running", 1)
    assert record["version"] == row["version"]


async def test_a_stranger_cannot_start_a_job(exported, leased):
    row = await leased()

    with pytest.raises(OptimisticLockError):
        await exported.mark_running(row["id"], uuid4())


async def test_a_job_that_was_cancelled_meanwhile_does_not_start(
    exported, leased, worker
):
    row = await leased()
    await exported.cancel(row["id"])

    with pytest.raises(OptimisticLockError):
        await exported.mark_running(row["id"], worker)
    assert await exported.is_cancelled(row["id"])


async def test_another_process_starts_and_ends_what_this_one_claimed(
    exported, stage, leased, worker
):
    row = await leased()
    other = as_pyjobkit(stage.backend)

    await other.mark_running(row["id"], worker)
    await other.extend_lease(row["id"], worker, 60, expected_version=1)
    await other.succeed(row["id"], {}, expected_version=1)

    assert (await exported.get(row["id"]))["status"] == "success"


async def test_a_lease_is_extended_at_the_same_version(exported, running, worker):
    row = await running()

    await exported.extend_lease(row["id"], worker, ttl_s=600, expected_version=1)

    record = await exported.get(row["id"])
    assert record["lease_until"] > from_now(500)
    assert record["version"] == 1


async def test_a_lease_is_extended_without_a_version_by_who_has_it(
    exported, running, worker
):
    row = await running()

    await exported.extend_lease(row["id"], worker, 600)

    assert (await exported.get(row["id"]))["lease_until"] > from_now(500)


async def test_a_stranger_without_a_version_extends_nothing_and_hears_nothing(
    exported, running
):
    row = await running()

    await exported.extend_lease(row["id"], uuid4(), 600)

    assert (await exported.get(row["id"]))["lease_until"] < from_now(500)


@pytest.mark.parametrize("mine", [True, False])
async def test_extending_at_another_version_or_as_a_stranger_is_a_conflict(
    exported, running, worker, mine
):
    row = await running()

    with pytest.raises(OptimisticLockError):
        await exported.extend_lease(
            row["id"],
            worker if mine else uuid4(),
            600,
            expected_version=9 if mine else 1,
        )


async def test_a_job_that_waits_for_its_rate_limit_keeps_its_lease(
    exported, leased, worker
):
    row = await leased()

    await exported.extend_lease(row["id"], worker, 600, expected_version=1)
    await exported.mark_running(row["id"], worker)

    record = await exported.get(row["id"])
    assert record["lease_until"] > from_now(500)
    assert (record["status"], record["attempts"]) == ("running", 1)
    await exported.succeed(row["id"], {}, expected_version=1)


async def test_a_job_that_waited_and_was_given_back_has_cost_no_attempt(
    exported, leased, worker
):
    row = await leased()
    await exported.extend_lease(row["id"], worker, 600, expected_version=1)

    await exported.retry(row["id"], delay=0)

    record = await exported.get(row["id"])
    assert (record["status"], record["attempts"]) == ("queued", 0)


async def test_a_claimed_row_is_given_back_behind_its_equals(exported, leased, worker):
    first = await leased()
    second = await exported.enqueue(kind="k", payload={})

    await exported.retry(first["id"], delay=0)

    assert (await exported.get(first["id"]))["attempts"] == 0
    rows = await exported.claim_batch(worker, limit=2)
    assert [row["id"] for row in rows] == [second, first["id"]]
    assert rows[1]["version"] > 1


async def test_a_running_job_is_queued_again_after_the_delay(
    exported, running, stage, worker
):
    row = await running()

    await exported.retry(row["id"], delay=3600)

    record = await exported.get(row["id"])
    assert (record["status"], record["attempts"]) == ("queued", 1)
    assert record["scheduled_for"] > from_now(3500)
    assert await exported.claim_batch(worker) == []


async def test_what_is_final_is_not_retried(exported, running):
    row = await running()
    await exported.succeed(row["id"], {"done": True}, expected_version=1)

    await exported.retry(row["id"], delay=0)

    assert (await exported.get(row["id"]))["status"] == "success"


async def test_a_retry_of_a_job_that_another_worker_took_over_changes_nothing(
    exported, running, stage
):
    row = await running()
    await stage.probe.expire_lease(row["id"])
    await exported.reap_expired()
    successor, successors = uuid4(), as_pyjobkit(stage.backend)
    (again,) = await successors.claim_batch(successor)
    await successors.mark_running(row["id"], successor)

    await exported.retry(row["id"], delay=0)

    record = await exported.get(row["id"])
    assert (record["status"], record["leased_by"]) == ("running", successor)
    assert record["version"] == again["version"]


@each_end
async def test_a_run_ends_at_its_version(exported, running, status, end):
    row = await running()

    await end(exported, row["id"], expected_version=1)

    record = await exported.get(row["id"])
    assert (record["status"], record["version"]) == (status, 2)


@each_end
async def test_an_end_at_another_version_is_a_conflict(exported, running, status, end):
    row = await running()

    with pytest.raises(OptimisticLockError):
        await end(exported, row["id"], expected_version=7)

    assert (await exported.get(row["id"]))["status"] == "running"


@each_end
async def test_an_end_without_a_version_is_unconditional(
    exported, running, status, end
):
    row = await running()

    await end(exported, row["id"])

    assert (await exported.get(row["id"]))["status"] == status


@each_end
async def test_a_claimed_row_can_be_ended(exported, leased, status, end):
    row = await leased()

    await end(exported, row["id"])

    assert (await exported.get(row["id"]))["status"] == status


@each_end
async def test_a_queued_row_can_be_ended(exported, status, end):
    job_id = await exported.enqueue(kind="k", payload={})

    await end(exported, job_id)

    assert (await exported.get(job_id))["status"] == status


@each_end
async def test_a_scheduled_row_that_is_ended_is_cancelled(exported, status, end):
    job_id = await exported.enqueue(kind="k", payload={}, scheduled_for=from_now(3600))

    await end(exported, job_id)

    assert (await exported.get(job_id))["status"] == "cancelled"


@each_end
async def test_what_has_ended_stays_as_it_ended(exported, running, status, end):
    row = await running()
    await exported.cancel(row["id"])
    await exported.cancel(row["id"])

    await end(exported, row["id"])

    assert (await exported.get(row["id"]))["status"] == "cancelled"


async def test_an_end_without_a_version_follows_a_job_that_moved(
    exported, running, stage
):
    row = await running()
    await stage.probe.expire_lease(row["id"])
    await stage.backend.reap()

    await exported.fail(row["id"], {"error": "by hand"})

    record = await exported.get(row["id"])
    assert record["result"] == {"error": "by hand"}


async def test_a_running_job_that_is_cancelled_twice_is_cancelled(exported, running):
    row = await running()

    await exported.cancel(row["id"])
    assert await exported.is_cancelled(row["id"])
    await exported.cancel(row["id"])
    await exported.cancel(row["id"])

    record = await exported.get(row["id"])
    assert (record["status"], record["version"]) == ("cancelled", 2)


async def test_a_job_of_a_dead_worker_is_queued_again(exported, running, stage):
    row = await running()
    await stage.probe.expire_lease(row["id"])

    assert await exported.reap_expired() == 1

    record = await exported.get(row["id"])
    assert (record["status"], record["attempts"]) == ("queued", 1)


async def test_a_claimed_row_of_a_dead_worker_has_cost_no_attempt(
    exported, leased, stage
):
    row = await leased()
    await stage.probe.expire_lease(row["id"])

    await exported.reap_expired()

    record = await exported.get(row["id"])
    assert (record["status"], record["attempts"]) == ("queued", 0)


async def test_the_depth_counts_what_is_due(exported):
    await exported.enqueue(kind="k", payload={})
    await exported.enqueue(kind="k", payload={}, scheduled_for=from_now(3600))

    assert await exported.queue_depth() == 1
    await exported.check_connection()


async def test_what_the_backend_lists_is_listed(exported, stage):
    await exported.enqueue(kind="k", payload={})

    assert hasattr(exported, "all_jobs") == hasattr(stage.backend, "all_jobs")
    if hasattr(exported, "count"):
        assert await exported.count() == len(await exported.all_jobs()) == 1
    with pytest.raises(AttributeError, match="clear_all"):
        exported.clear_all  # noqa: B018 - the attribute is what is asked for


async def test_trouble_with_the_backend_does_not_reach_a_worker_that_would_end_of_it(
    exported, running, stage, monkeypatch
):
    row = await running()

    async def unreachable(*arguments, **keywords):
        raise ConnectionError

    with monkeypatch.context() as patch:
        for verb in ("is_cancelled", "retry", "get"):
            patch.setattr(stage.backend, verb, unreachable)
        assert not await exported.is_cancelled(row["id"])
        await exported.retry(row["id"], delay=0)

    assert (await exported.get(row["id"]))["status"] == "running"


async def test_scheduled_jobs_are_promoted_at_a_modest_rate():
    class Counting:
        looks = 0

        async def promote(self):
            self.looks += 1
            return Sweep(next_in_s=next_in_s)

    now, next_in_s, backend = 100.0, None, Counting()
    promotion = Promotion(backend, clock=lambda: now)
    await promotion.catch_up()
    await promotion.catch_up()
    assert backend.looks == 1

    now, next_in_s = now + LONGEST_S, 0.1
    await promotion.catch_up()
    now += 0.11
    await promotion.catch_up()
    assert backend.looks == 3
