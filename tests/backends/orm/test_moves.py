from __future__ import annotations

from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction

from pyjobkit_django.backends.orm import moves
from pyjobkit_django.contracts import JobSpec
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job, JobAttempt
from pyjobkit_django.outcomes import Failure, Outcome
from tests.marks import committed
from tests.stored_jobs import queued, running

pytestmark = committed

TABLE = Job._meta.db_table
POISON = {"rows": "poison"}
#: What the table is to refuse, as SQL of each database; ``{0}`` is the row.
POISONED = {
    "postgresql": "result::text LIKE '%poison%'",
    "mysql": "result LIKE '%poison%'",
    "sqlite": "NEW.result LIKE '%poison%'",
}
CURSED = {
    "postgresql": "kind = 'cursed' AND finished_at IS NOT NULL",
    "mysql": "kind = 'cursed' AND finished_at IS NOT NULL",
    "sqlite": "NEW.kind = 'cursed' AND NEW.finished_at IS NOT NULL",
}


@contextmanager
def refusing(condition):
    """Let the database itself refuse rows for a while."""
    rule = condition[connection.vendor]
    if connection.vendor == "sqlite":
        make = (
            f"CREATE TRIGGER refusal BEFORE UPDATE ON {TABLE} WHEN {rule} "
            f"BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        drop = "DROP TRIGGER refusal"
    else:
        make = f"ALTER TABLE {TABLE} ADD CONSTRAINT refusal CHECK (NOT ({rule}))"
        drop = f"ALTER TABLE {TABLE} DROP CONSTRAINT refusal"
    with connection.cursor() as cursor:
        cursor.execute(make)
        try:
            yield
        finally:
            cursor.execute(drop)


@pytest.fixture
def _poison_is_refused():
    with refusing(POISONED):
        yield


@pytest.fixture
def _the_cursed_cannot_end():
    with refusing(CURSED):
        yield


def statuses():
    return dict(Job.objects.values_list("pk", "status"))


@pytest.mark.usefixtures("_poison_is_refused")
@pytest.mark.parametrize("place", [0, 37, 99])
def test_of_a_hundred_results_the_refused_one_fails_its_own_job_alone(place, caplog):
    jobs = running(100)
    bad = jobs[place].id
    outcomes = [
        Outcome.success(job, POISON if job.id == bad else {"rows": number})
        for number, job in enumerate(jobs)
    ]

    accepted = moves.settle(outcomes)

    assert accepted == {job.id for job in jobs}
    assert [key for key, status in statuses().items() if status != "success"] == [bad]
    record = Job.objects.get(pk=bad).record()
    assert record["status"] is JobStatus.FAILED
    assert record["result"]["reason"] == "the database refused the result"
    assert record["result"]["exception_type"] == "IntegrityError"
    assert JobAttempt.objects.get().job_id == bad
    results = {job.id: {"rows": number} for number, job in enumerate(jobs)}
    del results[bad]
    kept = Job.objects.exclude(pk=bad).values_list("pk", "result")
    assert dict(kept) == results
    (told,) = [each for each in caplog.records if each.name == "pyjobkit.backend"]
    assert told.job_id == bad


@pytest.mark.usefixtures("_poison_is_refused")
def test_the_follow_ups_of_the_others_are_stored_once():
    jobs = running(10)
    outcomes = [
        Outcome.success(
            job,
            POISON if job is jobs[4] else None,
            [JobSpec(kind="next", parent=job.id)],
        )
        for job in jobs
    ]

    moves.settle(outcomes)

    parents = Job.objects.filter(kind="next").values_list("parent", flat=True)
    expected = sorted(job.id for job in jobs if job is not jobs[4])
    assert sorted(parents) == expected


def test_a_follow_up_that_cannot_be_stored_fails_the_job_it_follows():
    (taken,) = queued()
    bad, good = running(2)[::-1]

    moves.settle(
        [
            Outcome.success(bad, None, [JobSpec(kind="next", id=taken)]),
            Outcome.success(good, None, [JobSpec(kind="next")]),
        ]
    )

    assert Job.objects.get(pk=bad.id).status == "failed"
    assert Job.objects.get(pk=good.id).status == "success"
    assert Job.objects.filter(kind="next").count() == 1


@pytest.mark.usefixtures("_poison_is_refused")
def test_every_refused_result_fails_its_job():
    jobs = running(5)

    moves.settle([Outcome.success(job, POISON) for job in jobs])

    assert set(statuses().values()) == {"failed"}


@pytest.mark.usefixtures("_poison_is_refused")
def test_the_stale_among_the_refused_stay_as_they_are():
    jobs = running(4)
    Job.objects.filter(pk=jobs[0].id).update(version=9)

    accepted = moves.settle([Outcome.success(job, POISON) for job in jobs])

    assert accepted == {job.id for job in jobs[1:]}
    assert statuses()[jobs[0].id] == "running"


@pytest.mark.usefixtures("_the_cursed_cannot_end")
@pytest.mark.parametrize("result", [None, {"rows": 3}])
def test_where_no_end_of_a_job_can_be_written_none_of_the_batch_is(result):
    jobs = [*running(6), *running(kind="cursed")]

    with pytest.raises(IntegrityError):
        moves.settle([Outcome.success(job, result) for job in jobs])

    assert set(statuses().values()) == {"running"}


@pytest.mark.usefixtures("_poison_is_refused")
def test_a_refused_result_leaves_the_callers_transaction_whole():
    good, bad = running(2)

    with transaction.atomic():
        moves.settle([Outcome.success(good, None), Outcome.success(bad, POISON)])
        (other,) = queued()

    assert statuses() == {good.id: "success", bad.id: "failed", other: "queued"}


def test_another_database_may_be_named():
    (job_id,) = moves.enqueue([JobSpec(kind="k")], "default")

    moves.cancel(job_id, "default")
    assert moves.requeue([job_id], "default") == {job_id}

    assert moves.promote("default").count == moves.reap("default").count == 0
    assert moves.jobs_alias("elsewhere") == "elsewhere"
    assert moves.jobs_alias() == "default"


def test_a_failure_is_written_with_its_traceback():
    (job,) = running()
    failure = Failure.of(ValueError("broken"), traceback="Traceback: broken")

    moves.settle([Outcome.failed(job, failure)])

    attempt = JobAttempt.objects.get()
    assert (attempt.attempt, attempt.version) == (1, job.version)
    assert attempt.traceback == "Traceback: broken"
    assert attempt.failure["message"] == "broken"
