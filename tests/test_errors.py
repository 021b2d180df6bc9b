from __future__ import annotations

import pickle
import re
from datetime import timedelta

import pytest

from pyjobkit_django import errors


def test_the_docstring_draws_every_error_of_the_tree():
    drawn = set(re.findall(r"── (\w+)", errors.__doc__))
    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.PyjobkitError)
    }

    assert drawn == defined - {"PyjobkitError"}


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.InvalidJobError, ValueError),
        (errors.UnknownQueueError, errors.InvalidJobError),
        (errors.InvalidSpecError, ValueError),
        (errors.InvalidExecutorError, ValueError),
        (errors.ConfigError, ValueError),
        (errors.QueueFullError, TimeoutError),
        (errors.WaitTimeoutError, TimeoutError),
        (errors.JobNotFoundError, KeyError),
        (errors.OptimisticLockError, RuntimeError),
        (errors.LeaseLostError, RuntimeError),
        (errors.InvalidMoveError, RuntimeError),
        (errors.UnsupportedError, NotImplementedError),
    ],
)
def test_an_error_is_also_the_builtin_that_callers_expect(error, builtin):
    assert issubclass(error, builtin)
    assert issubclass(error, errors.PyjobkitError)


@pytest.mark.parametrize("answer", [errors.DiscardJob, errors.SnoozeJob])
def test_an_executors_answer_is_no_error(answer):
    assert not issubclass(answer, errors.PyjobkitError)


def test_a_refused_job_names_its_field():
    error = errors.InvalidJobError("payload.items[3]", "is a set")

    assert error.field == "payload.items[3]"
    assert str(error) == "payload.items[3]: is a set"


@pytest.mark.parametrize(
    "error",
    [
        errors.InvalidJobError("queue", "queue: is odd"),
        errors.UnknownQueueError("queue", "is unknown"),
        errors.JobNotFoundError("some id"),
        errors.DiscardJob("no use"),
        errors.SnoozeJob(5),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_pickling(error):
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_missing_job_is_told_in_a_sentence():
    assert str(errors.JobNotFoundError("42")) == "no job has the id 42"


def test_discarding_keeps_the_reason():
    assert errors.DiscardJob("no such user").reason == "no such user"
    assert errors.DiscardJob().reason == "discarded"


@pytest.mark.parametrize(
    ("delay", "seconds"), [(0, 0.0), (1.5, 1.5), (timedelta(minutes=2), 120.0)]
)
def test_a_snooze_takes_seconds_or_a_timedelta(delay, seconds):
    assert errors.SnoozeJob(delay).delay_s == seconds


@pytest.mark.parametrize(
    "delay", [-1, float("nan"), float("inf"), timedelta(seconds=-1)]
)
def test_a_snooze_refuses_a_wait_that_never_ends_or_lies_behind(delay):
    with pytest.raises(ValueError, match="delay must be zero or more seconds"):
        errors.SnoozeJob(delay)
