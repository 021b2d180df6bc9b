from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections, transaction

import pyjobkit_django
from pyjobkit_django import (
    acancel,
    adelete_job,
    aenqueue,
    aenqueue_many,
    aget_job,
    arequeue,
    arun_now,
    cancel,
    delete_job,
    enqueue,
    enqueue_many,
    get_job,
    requeue,
    run_now,
)
from pyjobkit_django.errors import (
    InvalidJobError,
    InvalidMoveError,
    JobNotFoundError,
)
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job, JobAttempt, JobLog
from pyjobkit_django.outcomes import Failure, Outcome
from tests.marks import committed
from tests.stored_jobs import claimed, elsewhere, running, undone

pytestmark = committed

IN_2100 = datetime(2100, 1, 1, tzinfo=UTC)


def rolled_back(act):
    with undone():
        act()
        assert Job.objects.exists()


@pytest.fixture
async def _own_thread():
    """Close the connections of the thread that async code borrows."""
    yield
    await sync_to_async(connections.close_all)()


# In the caller's transaction.


@pytest.mark.parametrize(
    "act",
    [
        lambda: enqueue("k"),
        lambda: enqueue("k", unique_key="u", idempotency_key="i"),
        lambda: enqueue_many([{"kind": "k"}] * 3),
        lambda: async_to_sync(aenqueue)("k"),
        lambda: async_to_sync(aenqueue_many)([{"kind": "k"}] * 3),
    ],
    ids=["enqueue", "with keys", "enqueue_many", "aenqueue", "aenqueue_many"],
)
def test_a_job_enqueued_in_a_transaction_goes_back_with_it(act):
    rolled_back(act)

    assert not Job.objects.exists()


@pytest.mark.usefixtures("_own_thread")
async def test_sync_code_under_async_code_keeps_its_transaction():
    await sync_to_async(rolled_back)(lambda: enqueue("k"))

    assert not await Job.objects.aexists()


@pytest.mark.usefixtures("_own_thread")
async def test_async_code_under_a_transaction_under_async_code_joins_it():
    await sync_to_async(rolled_back)(lambda: async_to_sync(aenqueue)("k"))

    assert not await Job.objects.aexists()


def test_a_job_of_a_savepoint_goes_back_with_the_savepoint_alone():
    with transaction.atomic():
        kept = enqueue("k")
        rolled_back(lambda: enqueue("k"))

    assert list(Job.objects.values_list("pk", flat=True)) == [kept]


def test_a_job_shows_elsewhere_once_it_is_committed():
    with transaction.atomic():
        job_id = enqueue("k")
        assert get_job(job_id)["status"] is JobStatus.QUEUED
        assert elsewhere(Job.objects.count) == 0

    assert elsewhere(Job.objects.count) == 1


def test_a_key_is_held_from_the_moment_it_is_enqueued_in_the_transaction():
    with transaction.atomic():
        first = enqueue("k", unique_key="u")
        assert enqueue("k", unique_key="u") == first


def test_enqueue_starts_no_event_loop_and_no_thread(monkeypatch):
    def refuse(*_):
        pytest.fail("enqueue needs neither")

    enqueue("k")
    monkeypatch.setattr(asyncio, "new_event_loop", refuse)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    before = threading.enumerate()

    enqueue("k")
    enqueue_many([{"kind": "k"}])

    assert threading.enumerate() == before


# Storing.


def test_every_option_is_kept():
    options = {
        "queue": "reports",
        "priority": 5,
        "scheduled_for": IN_2100,
        "max_attempts": 7,
        "timeout_s": 2.5,
        "retry_policy": "fixed:3",
        "idempotency_key": "i",
        "unique_key": "u",
    }

    job = get_job(enqueue("reports.build", {"month": 11}, tags=["b", "a"], **options))

    assert job["status"] is JobStatus.SCHEDULED
    assert (job["kind"], job["payload"]) == ("reports.build", {"month": 11})
    assert {name: job[name] for name in options} == options
    assert job["tags"] == ["a", "b"]


def test_the_settings_say_what_a_job_leaves_open(settings):
    settings.PYJOBKIT = {
        "DEFAULTS": {
            "priority": 7,
            "max_attempts": 2,
            "timeout_s": 9,
            "retry_policy": "fixed:1",
        }
    }

    job = get_job(enqueue("k"))

    assert (job["priority"], job["max_attempts"]) == (7, 2)
    assert (job["timeout_s"], job["retry_policy"]) == (9.0, "fixed:1")
    assert get_job(enqueue("k", priority=0))["priority"] == 0


def test_enqueue_many_gives_the_ids_in_order():
    ids = enqueue_many([{"kind": f"k{number}"} for number in range(5)])

    assert [get_job(job_id)["kind"] for job_id in ids] == ["k0", "k1", "k2", "k3", "k4"]


def test_enqueue_many_of_nothing_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert enqueue_many([]) == []


def test_enqueue_many_stores_all_or_none():
    with pytest.raises(InvalidJobError, match=r"^kind: 'no spaces' must be"):
        enqueue_many([{"kind": "k"}, {"kind": "no spaces"}])

    assert not Job.objects.exists()


def test_enqueue_many_stores_none_where_the_last_one_fails_in_the_database():
    taken = enqueue("k")
    spec = pyjobkit_django.contracts.JobSpec(kind="k", id=taken)

    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        pyjobkit_django.shortcuts.moves.enqueue(
            [pyjobkit_django.contracts.JobSpec(kind="k"), spec]
        )

    assert Job.objects.count() == 1


@pytest.mark.parametrize("key", ["idempotency_key", "unique_key"])
def test_a_held_key_gives_the_job_that_holds_it(key):
    first = enqueue("k", **{key: "mine"})

    assert enqueue("k", **{key: "mine"}) == first
    assert enqueue_many([{"kind": "k"}, {"kind": "k", key: "mine"}])[1] == first
    assert Job.objects.count() == 2


def test_a_cancelled_job_no_longer_holds_its_unique_key():
    first = enqueue("k", unique_key="u")
    cancel(first)

    assert enqueue("k", unique_key="u") != first


# Looking after jobs.


def test_a_waiting_job_is_cancelled_and_queued_again():
    job_id = enqueue("k")

    cancel(job_id)
    assert get_job(job_id)["status"] is JobStatus.CANCELLED

    requeue(job_id)
    assert get_job(job_id)["status"] is JobStatus.QUEUED


def test_a_running_job_is_asked_to_stop():
    (job,) = running()

    cancel(job.id)

    record = get_job(job.id)
    assert record["status"] is JobStatus.RUNNING
    assert record["cancel_requested"]


def test_an_ended_job_stays_as_it_is_when_cancelled():
    (job,) = running()
    Job.objects.settle([Outcome.success(job, {"rows": 3})])

    cancel(job.id)

    record = get_job(job.id)
    assert (record["status"], record["result"]) == (JobStatus.SUCCESS, {"rows": 3})


def test_a_failed_job_runs_again_when_requeued():
    (job,) = running(max_attempts=1)
    Job.objects.settle([Outcome.failed(job, Failure.of(ValueError("broken")))])

    requeue(job.id)

    (again,) = claimed()
    assert (again.id, again.attempts, again.max_attempts) == (job.id, 2, 2)


def test_a_job_is_requeued_by_the_text_of_its_id():
    job_id = enqueue("k")
    cancel(str(job_id))

    requeue(str(job_id))

    assert get_job(str(job_id))["status"] is JobStatus.QUEUED


@pytest.mark.parametrize("state", ["queued", "running", "success"])
def test_what_is_not_over_or_went_well_is_not_requeued(state):
    job_id = enqueue("k")
    if state != "queued":
        (job,) = claimed()
    if state == "success":
        Job.objects.settle([Outcome.success(job, None)])

    with pytest.raises(InvalidMoveError, match=rf"{job_id} is {state}; only failed"):
        requeue(job_id)

    assert get_job(job_id)["status"] == state


def test_a_scheduled_job_is_run_now():
    job_id = enqueue("k", scheduled_for=IN_2100)

    run_now(str(job_id))

    assert [job.id for job in claimed()] == [job_id]


def test_a_job_that_is_due_already_is_not_run_now():
    job_id = enqueue("k")

    with pytest.raises(InvalidMoveError, match=rf"{job_id} is queued; only scheduled"):
        run_now(job_id)


def test_an_ended_job_is_deleted_with_its_lines_and_attempts():
    (job,) = running()
    with pytest.raises(InvalidMoveError, match=rf"{job.id} is running; .*cancel it"):
        delete_job(job.id)
    Job.objects.settle([Outcome.failed(job, Failure.of(ValueError("broken")))])
    JobLog.objects.create(job_id=job.id, version=job.version, seq=1, lines=[])

    delete_job(str(job.id))

    assert not Job.objects.exists()
    assert not JobAttempt.objects.exists()
    assert not JobLog.objects.exists()


@pytest.mark.parametrize("verb", [get_job, cancel, requeue, run_now, delete_job])
def test_an_id_that_no_job_has_is_told(verb):
    nobody = uuid4()

    with pytest.raises(JobNotFoundError, match=f"no job has the id {nobody}"):
        verb(nobody)


@pytest.mark.parametrize("verb", [get_job, cancel, requeue, run_now, delete_job])
def test_a_text_that_is_no_id_is_the_id_of_no_job(verb):
    with pytest.raises(JobNotFoundError, match="no job has the id nonsense"):
        verb("nonsense")


@pytest.mark.usefixtures("_own_thread")
async def test_the_async_twins_do_the_same():
    job_id = await aenqueue("k", {"n": 1}, queue="mail")
    others = await aenqueue_many([{"kind": "k"}, {"kind": "k"}])
    assert (await aget_job(job_id))["payload"] == {"n": 1}
    assert len({job_id, *others}) == 3

    await acancel(job_id)
    assert (await aget_job(job_id))["status"] is JobStatus.CANCELLED

    await arequeue(job_id)
    assert (await aget_job(job_id))["status"] is JobStatus.QUEUED
    with pytest.raises(InvalidMoveError):
        await arequeue(job_id)

    later = await aenqueue("k", scheduled_for=IN_2100)
    await arun_now(later)
    assert (await aget_job(later))["status"] is JobStatus.QUEUED

    await acancel(later)
    await adelete_job(later)
    with pytest.raises(JobNotFoundError):
        await aget_job(later)


# Refusing.


def nested(depth):
    return {"in": nested(depth - 1)} if depth else "bottom"


REFUSED = {
    "unknown queue": ({"queue": "nobody"}, "queue: 'nobody' is not one of default"),
    "queue with a blank": ({"queue": "no blanks"}, "queue: 'no blanks' must be 1 to"),
    "empty kind": ({"kind": ""}, "kind: '' must be 1 to 128 letters"),
    "kind with a blank": ({"kind": "a b"}, "kind: 'a b' must be 1 to 128 letters"),
    "kind of a number": ({"kind": 7}, "kind: 7 must be 1 to 128 letters"),
    "kind too long": ({"kind": "k" * 129}, "kind: 'kkk"),
    "nan": ({"payload": {"x": float("nan")}}, "payload.x: nan is not JSON; pass"),
    "set": ({"payload": {"x": {1}}}, "payload.x: a set is not JSON; pass"),
    "nul": ({"payload": {"a": ["b\x00"]}}, r"payload.a\[0\]: contains NUL"),
    "surrogate": ({"payload": {"a": "\ud800"}}, "payload.a: contains a lone surrogate"),
    "deep": ({"payload": nested(40)}, r"payload\.in.*nested deeper than 31 levels; f"),
    "large": ({"payload": {"a": "x" * 2**21}}, "payload: takes 2,097,.*store large"),
    "key of a number": ({"payload": {1: 2}}, "payload: has the key 1; JSON keys are"),
    "list": ({"payload": [1]}, "payload: must be a dict, not list"),
    "false": ({"payload": False}, "payload: must be a dict, not bool"),
    "big integer": ({"payload": {"n": 2**63}}, "payload.n: does not fit 64 bits; pass"),
    "naive": (
        {"scheduled_for": IN_2100.replace(tzinfo=None)},
        "scheduled_for: .*give it a zone",
    ),
    "date as text": (
        {"scheduled_for": "2100-01-01"},
        "scheduled_for: must be an aware",
    ),
    "beyond time": (
        {"scheduled_for": datetime.fromisoformat("9999-12-31T23:59:59-12:00")},
        "scheduled_for: .*lies outside the years 1 to 9999",
    ),
    "negative timeout": (
        {"timeout_s": -1},
        "timeout_s: must be a number of seconds ab",
    ),
    "endless timeout": ({"timeout_s": float("inf")}, "timeout_s: must be a number"),
    "bad retry": ({"retry_policy": "often"}, "retry_policy: .*'often' is unknown; use"),
    "unknown option": ({"colour": "red"}, "colour: is not an option of a job; there"),
    "id": ({"id": uuid4()}, "id: is not an option of a job; there are"),
    "no attempts": ({"max_attempts": 0}, "max_attempts: must be a whole number from 1"),
    "word as priority": ({"priority": "high"}, "priority: must be a whole number from"),
    "truth as priority": ({"priority": True}, "priority: must be a whole number from"),
    "tags as text": ({"tags": "urgent"}, "tags: must be a list of strings, not 'urg"),
    "tags as no text": ({"tags": ""}, "tags: must be a list of strings, not ''"),
    "unknown option of nothing": ({"colour": None}, "colour: is not an option of a"),
    "tag of a number": ({"tags": [1]}, "tags: 1 must be 1 to 128 letters"),
    "many tags": ({"tags": map(str, range(40))}, "tags: at most 32 tags, not 40"),
    "parent as text": ({"parent": "a job"}, "parent: must be a UUID, not 'a job'"),
    "empty key": ({"unique_key": ""}, "unique_key: must be 1 to 255 printable"),
    "long key": ({"idempotency_key": "x" * 256}, "idempotency_key: must be 1 to 255"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_in_one_sentence_and_nothing_is_stored(case):
    options, told = REFUSED[case]

    with pytest.raises(InvalidJobError, match=f"(?s)^{told}") as refused:
        enqueue(**{"kind": "k", **options})

    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300
    assert not Job.objects.exists()


def test_a_policy_object_is_refused_with_the_place_where_it_belongs():
    with pytest.raises(TypeError, match="goes to Worker"):
        enqueue("k", retry_policy=object())
