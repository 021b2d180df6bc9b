"""Whatever an executor returns, raises or says, its run gets an end that can be stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyjobkit_django.errors import DiscardJob, ExecutorError, SnoozeJob
from pyjobkit_django.outcomes import Outcome
from pyjobkit_django.payload import clean_json
from pyjobkit_django.retry import FixedDelay
from pyjobkit_django.worker.decisions import Raised, Returned, Rules, decide
from tests.bad_input.strategies import anything, tried_often
from tests.worker.fakes import a_job

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class OddError(Exception):
    """Whose text and attributes are odd."""

    def __str__(self):
        return self.args[0] if self.args else ""


def with_details(kind, details):
    error = kind("failed")
    error.details = details
    return error


errors = st.one_of(
    st.sampled_from([ValueError, OSError, KeyError, SystemExit, GeneratorExit]).flatmap(
        anything.map
    ),
    anything.map(OddError),
    anything.map(DiscardJob),
    anything.map(lambda details: with_details(ExecutorError, details)),
    anything.map(lambda details: with_details(DiscardJob, details)),
    st.floats().map(lambda wait: ExecutorError("busy", retry_after_s=wait)),
    st.floats(0, 1e308).map(SnoozeJob),
)


def is_storable(outcome):
    assert isinstance(outcome, Outcome)
    stored = {
        "result": outcome.result,
        "failure": outcome.failure.as_json() if outcome.failure else None,
        "traceback": outcome.failure.traceback if outcome.failure else "",
        "delay_s": outcome.delay_s,
    }
    assert clean_json(stored, name="stored") == json.loads(json.dumps(stored))
    return True


def decided(end):
    job = a_job(created_at=NOW)
    return decide(job, end, Rules(retry_policy=FixedDelay(7)), lambda: NOW)


@tried_often
@given(result=anything)
def test_a_result_is_stored_or_fails_its_job_once(result):
    assert is_storable(decided(Returned(result)))


@tried_often
@given(error=errors)
def test_an_error_is_stored_with_whatever_can_be_told_of_it(error):
    assert is_storable(decided(Raised(error)))
