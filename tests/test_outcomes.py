from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.jobs import ClaimedJob, JobSpec, JobStatus, Verb
from pyjobkit_django.outcomes import CANCELLED, MAX_TEXT, TIMED_OUT, Failure, Outcome
from pyjobkit_django.payload import clean_json

JOB = ClaimedJob(
    id=uuid4(),
    kind="mail",
    payload={},
    version=3,
    attempts=1,
    max_attempts=3,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
FAILURE = Failure(error="broken")
NEXT = JobSpec(kind="next")


@pytest.mark.parametrize(
    ("outcome", "verb", "status"),
    [
        (Outcome.success(JOB, {"n": 1}), Verb.FINISH, JobStatus.SUCCESS),
        (Outcome.failed(JOB, FAILURE), Verb.FINISH, JobStatus.FAILED),
        (Outcome.timeout(JOB), Verb.FINISH, JobStatus.TIMEOUT),
        (Outcome.cancelled(JOB), Verb.FINISH, JobStatus.CANCELLED),
        (Outcome.retry(JOB, FAILURE, 0), Verb.RETRY, JobStatus.QUEUED),
        (Outcome.retry(JOB, FAILURE, 5), Verb.RETRY, JobStatus.SCHEDULED),
        (Outcome.snooze(JOB, 0), Verb.SNOOZE, JobStatus.QUEUED),
        (Outcome.snooze(JOB, 5), Verb.SNOOZE, JobStatus.SCHEDULED),
        (Outcome.release(JOB), Verb.RELEASE, JobStatus.QUEUED),
    ],
)
def test_an_outcome_tells_the_verb_and_what_the_job_becomes(outcome, verb, status):
    assert (outcome.job_id, outcome.version) == (JOB.id, JOB.version)
    assert (outcome.verb, outcome.status) == (verb, status)


@pytest.mark.parametrize(
    ("outcome", "failure"),
    [
        (Outcome.success(JOB, None), None),
        (Outcome.failed(JOB, FAILURE), FAILURE),
        (Outcome.timeout(JOB), TIMED_OUT),
        (Outcome.cancelled(JOB), CANCELLED),
        (Outcome.retry(JOB, FAILURE, 1), FAILURE),
        (Outcome.snooze(JOB, 1), None),
        (Outcome.release(JOB), None),
    ],
)
def test_an_outcome_keeps_why_the_run_did_not_succeed(outcome, failure):
    assert outcome.failure == failure


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome.success(JOB, None), "success"),
        (Outcome.timeout(JOB), "timeout"),
        (Outcome.retry(JOB, FAILURE, 5), "retry"),
        (Outcome.release(JOB), "release"),
    ],
)
def test_an_outcome_in_a_word_is_its_status_at_the_end_and_its_verb_before(
    outcome, word
):
    assert outcome.word == word


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.success(JOB, None, iter([NEXT])),
        Outcome.failed(JOB, FAILURE, [NEXT]),
        Outcome.timeout(JOB, [NEXT]),
    ],
)
def test_a_final_outcome_carries_the_jobs_that_follow(outcome):
    assert outcome.follow_ups == (NEXT,)


def test_the_result_and_the_wait_are_kept():
    assert Outcome.success(JOB, {"n": 1}).result == {"n": 1}
    assert Outcome.retry(JOB, FAILURE, 2.5).delay_s == 2.5
    assert Outcome.snooze(JOB, 7).delay_s == 7


class OddError(Exception):
    class InnerError(Exception):
        pass


def test_a_failure_of_an_error_shows_its_type_and_message():
    failure = Failure.of(
        OddError.InnerError("no luck"), traceback="Traceback …", reason="why"
    )

    assert failure.traceback == "Traceback …"
    assert failure.as_json() == {
        "error": "InnerError('no luck')",
        "exception_type": "OddError.InnerError",
        "message": "no luck",
        "reason": "why",
    }


def test_a_failure_shows_only_what_is_known():
    assert FAILURE.as_json() == {"error": "broken"}


@pytest.mark.parametrize(
    "reason",
    [
        {"error": "broken"},
        {"error": "broken", "message": "no luck", "code": 5, "data": {"a": [1]}},
        {"error": "E", "exception_type": "T", "message": "m", "reason": "r"},
    ],
)
def test_a_failure_of_a_dict_shows_it_again(reason):
    assert Failure.from_json(reason).as_json() == reason


def test_a_failure_of_a_dict_without_an_error_has_one():
    assert Failure.from_json({"code": 5}).as_json() == {"error": "failed", "code": 5}


def test_a_failure_of_a_dict_reads_the_known_names_as_text():
    assert Failure.from_json({"error": ValueError("x"), "message": 5}).as_json() == {
        "error": "x",
        "message": "5",
    }


def test_the_details_of_a_failure_are_json():
    with pytest.raises(InvalidJobError, match=r"reason\.code: a set is not JSON"):
        Failure.from_json({"code": {1}})


@pytest.mark.parametrize(
    "failure",
    [
        Failure.of(ValueError("a\0b"), traceback="a\0b"),
        Failure.from_json({"error": "a\0b", "message": "\ud800"}),
    ],
)
def test_no_database_refuses_the_text_of_a_failure(failure):
    shown = {**failure.as_json(), "traceback": failure.traceback}

    assert clean_json(shown, name="failure") == shown


@pytest.mark.parametrize(
    "make", [Failure.of, lambda error: Failure.from_json({"message": error})]
)
def test_of_a_long_text_a_failure_keeps_both_ends(make):
    message = make(ValueError("a" * MAX_TEXT + "b" * MAX_TEXT)).message

    assert message.startswith("aaa")
    assert message.endswith("bbb")
    assert "20,000 characters left out" in message
    assert len(message) < MAX_TEXT + 100


def test_a_text_at_the_limit_is_kept_whole():
    assert Failure.of(ValueError("a" * MAX_TEXT)).message == "a" * MAX_TEXT
