from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.outcomes import Outcome
from tests.conformance.stage import BROKEN, Stage, end_as

KEYS = ["idempotency_key", "unique_key"]


@pytest.mark.parametrize("key", KEYS)
async def test_a_held_key_gives_the_id_of_its_holder(stage: Stage, key: str) -> None:
    holder = await stage.enqueue(payload={"first": True}, **{key: "k"})

    assert await stage.enqueue(payload={"first": False}, **{key: "k"}) == holder

    assert (await stage.backend.get(holder))["payload"] == {"first": True}
    assert await stage.probe.count() == 1


@pytest.mark.parametrize("key", KEYS)
async def test_in_a_batch_held_keys_give_their_holders_and_the_rest_is_stored(
    stage: Stage, key: str
) -> None:
    held = await stage.enqueue(**{key: "held"})

    ids = await stage.enqueue_many(
        [{key: "z"}, {key: "held"}, {}, {key: "a"}, {key: "z"}, {}]
    )

    assert ids[1] == held
    assert ids[4] == ids[0]
    assert len(set(ids)) == 5
    assert await stage.probe.count() == 5


async def test_the_two_keys_are_apart(stage: Stage) -> None:
    first = await stage.enqueue(idempotency_key="k")
    second = await stage.enqueue(unique_key="k")

    assert first != second


async def test_a_job_stands_back_when_either_of_its_keys_is_held(stage: Stage) -> None:
    known = await stage.enqueue(idempotency_key="known")
    one = await stage.enqueue(unique_key="one")

    assert await stage.enqueue(idempotency_key="known", unique_key="new") == known
    assert await stage.enqueue(idempotency_key="new", unique_key="one") == one
    assert await stage.probe.count() == 2


async def test_keys_differ_by_case_and_trailing_blanks(stage: Stage) -> None:
    keys = ["key", "Key", "key ", "kéy"]

    ids = await stage.enqueue_many([{"idempotency_key": key} for key in keys])

    assert len(set(ids)) == 4


async def _end(stage: Stage, status: JobStatus) -> UUID:
    job = await stage.running(unique_key="u", idempotency_key="i")
    await stage.backend.settle([end_as(status, job)])
    return job.id


async def _cancel_waiting(stage: Stage) -> UUID:
    job_id = await stage.enqueue(unique_key="u", idempotency_key="i")
    await stage.backend.cancel(job_id)
    return job_id


async def _reap_exhausted(stage: Stage) -> UUID:
    job = await stage.running(unique_key="u", idempotency_key="i", max_attempts=1)
    await stage.probe.expire_lease(job.id)
    await stage.backend.reap()
    return job.id


ENDINGS: dict[str, Callable[[Stage], Awaitable[UUID]]] = {
    **{status.value: lambda stage, to=status: _end(stage, to) for status in FINAL},
    "cancelled-waiting": _cancel_waiting,
    "reaped": _reap_exhausted,
}


@pytest.mark.parametrize("ending", sorted(ENDINGS))
async def test_the_end_of_a_job_frees_its_unique_key_and_not_its_idempotency_key(
    stage: Stage, ending: str
) -> None:
    ended = await ENDINGS[ending](stage)
    record = await stage.backend.get(ended)
    assert record["status"] in FINAL
    assert (record["unique_key"], record["idempotency_key"]) == (None, "i")

    assert await stage.enqueue(idempotency_key="i") == ended
    assert await stage.enqueue(unique_key="u") != ended


async def test_a_job_that_will_run_again_keeps_its_unique_key(stage: Stage) -> None:
    job = await stage.running(unique_key="u")

    await stage.backend.settle([Outcome.retry(job, BROKEN, 60.0)])

    assert await stage.enqueue(unique_key="u") == job.id


async def test_a_requeued_job_does_not_take_its_unique_key_back(stage: Stage) -> None:
    ended = await _end(stage, JobStatus.FAILED)
    holder = await stage.enqueue(unique_key="u")

    assert await stage.backend.requeue([ended]) == {ended}

    assert await stage.enqueue(unique_key="u") == holder
    assert await stage.enqueue(idempotency_key="i") == ended


async def test_a_purged_job_frees_its_idempotency_key(stage: Stage) -> None:
    ended = await _end(stage, JobStatus.SUCCESS)

    assert await stage.backend.purge_finished(statuses=FINAL) == 1

    assert await stage.enqueue(idempotency_key="i") != ended
