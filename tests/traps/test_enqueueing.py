"""What is stored, and what is refused before anything is."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pyjobkit_django import chain, enqueue, enqueue_many, get_job
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.models import Job
from tests.conformance.stage import from_now
from tests.marks import committed
from tests.stored_jobs import Crowd
from tests.worker.fakes import Does, engine_for, worker_for


@committed
def test_11_a_known_key_gives_the_job_that_holds_it_even_to_a_crowd():
    ids = []
    first = enqueue("job", idempotency_key="known")
    assert enqueue("job", idempotency_key="known") == first
    keyed = {"kind": "job", "idempotency_key": "known"}
    assert enqueue_many([keyed, keyed]) == [first, first]

    with Crowd(4) as crowd:
        crowd.at_once(*[lambda: ids.append(enqueue("job", idempotency_key="new"))] * 4)

    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert Job.objects.count() == 2


async def test_12_a_slot_of_a_schedule_is_a_time_of_the_wall_and_taken_once(stage):
    """Periodic schedules are to come; this is what they will stand on.

    A time outlives whoever set it, and the key of a slot is never given twice, whether
    its job waits, has ended or was enqueued by a process that is gone.
    """
    when = from_now(0.2)
    slot = {"kind": "job", "idempotency_key": f"report:{when:%s}"}
    first = await engine_for(None, backend=stage.backend).enqueue_at(when, **slot)

    does = Does()
    later = engine_for(does, backend=stage.backend)
    assert await later.enqueue_at(when, **slot) == first
    await worker_for(later).run(once=True)
    assert await later.enqueue_at(when, **slot) == first
    await worker_for(later).run(once=True)

    assert does.started == [first]
    assert (await later.get(first))["started_at"] >= when


@committed
def test_20_times_are_aware_and_mean_the_same_moment_in_every_zone():
    east = timezone(timedelta(hours=5))
    past = datetime.now(east) - timedelta(minutes=1)  # noqa: TID251 - a minute's margin

    due = enqueue("job", scheduled_for=past)
    waiting = enqueue("job", scheduled_for=past + timedelta(hours=1))
    with pytest.raises(InvalidJobError, match="scheduled_for"):
        enqueue("job", scheduled_for=past.replace(tzinfo=None))

    record = get_job(due)
    assert (record["status"], record["scheduled_for"]) == ("queued", past)
    assert record["scheduled_for"].tzinfo is UTC
    assert get_job(waiting)["status"] == "scheduled"


@committed
def test_28_a_chain_with_a_bad_step_is_refused_as_a_whole():
    engine = engine_for(None)
    for bad in ({"kind": "a b"}, {"kind": "job", "payload": [1]}, {"payload": {}}):
        with pytest.raises(InvalidJobError):
            chain({"kind": "job"}, bad)
        with pytest.raises(InvalidJobError):
            asyncio.run(engine.chain({"kind": "job"}, bad))

    assert not Job.objects.exists()
    assert asyncio.run(engine.backend.count()) == 0


@committed
def test_29_enqueue_many_refuses_what_it_does_not_know_and_changes_nothing_it_is_given():
    jobs = [{"kind": "job", "payload": {"items": [1]}, "tags": [" a "]}]
    before = deepcopy(jobs)

    with pytest.raises(InvalidJobError, match="prioritty"):
        enqueue_many([*jobs, {"kind": "job", "prioritty": 1}])
    assert not Job.objects.exists()
    (job_id,) = enqueue_many(jobs)
    jobs[0]["payload"]["items"].append(2)

    assert before[0]["payload"] == get_job(job_id)["payload"]
    assert jobs[0]["tags"] == before[0]["tags"]
    assert jobs[0].keys() == before[0].keys()
