from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from pyjobkit_django.errors import DiscardJob, ExecutorError, SnoozeJob
from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.retry import FixedDelay
from pyjobkit_django.worker.decisions import (
    Raised,
    Returned,
    Rules,
    Stopped,
    decide,
    failure_of,
)
from pyjobkit_django.worker.run import Stop
from tests.worker.fakes import a_job

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RULES = Rules(retry_policy=FixedDelay(7))


def decided(end, job=None, rules=RULES):
    return decide(job or a_job(created_at=NOW), end, rules, lambda: NOW)


@pytest.mark.parametrize("result", [None, {}, {"a": [1]}, "text", 3, [1, 2], False])
def test_what_an_executor_returns_is_the_result(result):
    """Trap 26: None is a success too."""
    outcome = decided(Returned(result))

    assert outcome.status is JobStatus.SUCCESS
    assert outcome.result == result


@pytest.mark.parametrize("result", [NOW, {"a": "\x00"}, {1: 2}, float("nan"), object()])
def test_a_result_that_cannot_be_stored_fails_the_job_once(result):
    """Trap 18."""
    outcome = decided(Returned(result))

    assert (outcome.verb, outcome.status) == (Verb.FINISH, JobStatus.FAILED)
    assert outcome.failure.reason == "unstorable_result"
    assert "result" in outcome.failure.message


def test_a_result_that_is_too_large_or_contains_itself_fails_the_job():
    endless = []
    endless.append(endless)
    small = Rules(retry_policy=FixedDelay(7), max_result_bytes=10)

    assert decided(Returned("x" * 20), rules=small).status is JobStatus.FAILED
    assert decided(Returned(endless)).status is JobStatus.FAILED


@pytest.mark.parametrize(
    ("reason", "kept"), [(None, "None"), (5, "5"), ("a\x00", "a\ufffd"), ("", "")]
)
def test_any_reason_to_discard_is_kept_as_text(reason, kept):
    assert decided(Raised(DiscardJob(reason))).failure.reason == kept


def test_a_reason_that_has_no_text_is_left_out():
    class Rude:
        def __str__(self):
            raise RuntimeError

    assert decided(Raised(DiscardJob(Rude()))).failure.reason == "discarded"


@pytest.mark.parametrize(("details", "kept"), [(None, None), ([1], [1]), ("a", "a")])
def test_details_that_are_no_dict_are_kept_under_their_name(details, kept):
    error = ExecutorError("failed")
    error.details = details

    assert decided(Raised(error)).failure.as_json()["details"] == kept


def test_a_failed_attempt_is_tried_again_by_the_workers_policy():
    outcome = decided(Raised(KeyError("x")))

    assert (outcome.verb, outcome.delay_s) == (Verb.RETRY, 7)
    assert outcome.failure.exception_type == "KeyError"
    assert "KeyError" in outcome.failure.traceback


def test_the_policy_of_the_job_comes_first():
    job = a_job(retry_policy="fixed:3")

    assert decided(Raised(KeyError()), job).delay_s == 3


def test_a_policy_that_does_not_parse_leaves_it_to_the_workers():
    job = a_job(retry_policy="whenever")

    assert decided(Raised(KeyError()), job).delay_s == 7


def test_the_last_attempt_fails_the_job():
    outcome = decided(Raised(KeyError("x")), a_job(attempts=3))

    assert outcome.status is JobStatus.FAILED
    assert outcome.failure.reason is None


def test_a_job_that_has_grown_too_old_fails():
    old = a_job(created_at=NOW - timedelta(seconds=61))
    rules = Rules(retry_policy=FixedDelay(7, give_up_after_age_s=60))

    outcome = decided(Raised(KeyError("x")), old, rules)

    assert outcome.status is JobStatus.FAILED
    assert outcome.failure.reason == "age_exhausted"


@pytest.mark.parametrize(("asked", "given"), [(-5, 0), (1e12, 400 * 86_400)])
def test_a_delay_is_bounded(asked, given):
    class Odd(FixedDelay):
        def delay(self, attempt):
            return asked

    assert decided(Raised(KeyError()), rules=Rules(retry_policy=Odd())).delay_s == given
    assert decided(Raised(SnoozeJob(1e12))).delay_s == 400 * 86_400


def test_discard_fails_the_job_with_its_reason():
    outcome = decided(Raised(DiscardJob("no such\x00user")))

    assert outcome.status is JobStatus.FAILED
    assert outcome.failure.reason == "no such\ufffduser"


def test_snooze_costs_no_attempt():
    outcome = decided(Raised(SnoozeJob(5)), a_job(attempts=3))

    assert (outcome.verb, outcome.delay_s) == (Verb.SNOOZE, 5)


@pytest.mark.parametrize(
    "error",
    [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), TimeoutError()],
)
def test_whatever_an_executor_raises_is_a_failed_attempt(error):
    assert decided(Raised(error)).verb is Verb.RETRY


@pytest.mark.parametrize(
    ("reason", "verb", "status"),
    [
        (Stop.TIMEOUT, Verb.FINISH, JobStatus.TIMEOUT),
        (Stop.CANCEL, Verb.FINISH, JobStatus.CANCELLED),
        (Stop.RELEASE, Verb.RELEASE, JobStatus.QUEUED),
    ],
)
def test_a_stopped_run_ends_by_the_reason(reason, verb, status):
    outcome = decided(Stopped(reason))

    assert (outcome.verb, outcome.status) == (verb, status)


def test_nothing_is_written_once_the_lease_is_lost():
    assert decided(Stopped(Stop.LEASE_LOST)) is None


def test_an_error_that_cannot_be_shown_is_still_named():
    class Broken(Exception):  # noqa: N818 - the name is what is looked for
        def __str__(self):
            raise ValueError

    assert failure_of(Broken()).exception_type.endswith("Broken")
