from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyjobkit_django.errors import InvalidSpecError
from pyjobkit_django.retry import (
    DEFAULT_POLICY,
    MAX_DELAY_S,
    ExponentialBackoff,
    FixedDelay,
    JitteredExponentialBackoff,
    parse_policy,
)

LAST_ATTEMPT = 32_767


def delays(policy, attempts=(1, 2, 3, 4)):
    return [policy.delay(attempt) for attempt in attempts]


@pytest.mark.parametrize(
    ("policy", "waits"),
    [
        (DEFAULT_POLICY, [1, 2, 4, 8]),
        (FixedDelay(), [1, 1, 1, 1]),
        (FixedDelay(0), [0, 0, 0, 0]),
        (ExponentialBackoff(), [1, 2, 4, 8]),
        (ExponentialBackoff(3, 1), [3, 3, 3, 3]),
        (ExponentialBackoff(1, 3, 10), [1, 3, 9, 10]),
        (ExponentialBackoff(0, 2), [0, 0, 0, 0]),
        (JitteredExponentialBackoff(1, 2, jitter=0), [1, 2, 4, 8]),
    ],
)
def test_a_policy_waits_as_it_says(policy, waits):
    assert delays(policy) == waits


@pytest.mark.parametrize("attempt", [0, -1])
def test_an_attempt_before_the_first_waits_like_the_first(attempt):
    assert ExponentialBackoff(5, 2).delay(attempt) == 5


@pytest.mark.parametrize(
    ("policy", "wait"),
    [
        (ExponentialBackoff(1.0, 2.0), MAX_DELAY_S),
        (ExponentialBackoff(1.0, 2.0, 60), 60),
        (ExponentialBackoff(1.0, 2.0, 1e12), MAX_DELAY_S),
        (ExponentialBackoff(1.5, 2), MAX_DELAY_S),
        (ExponentialBackoff(0.0, 2.0), 0),
    ],
)
def test_the_wait_before_a_very_late_attempt_has_a_ceiling(policy, wait):
    assert policy.delay(LAST_ATTEMPT) == wait


def test_jitter_is_drawn_from_the_generator_that_was_passed_in():
    policy = JitteredExponentialBackoff(8, 1, jitter=0.5, rng=random.Random(7))
    twin = random.Random(7)

    assert delays(policy) == [8 * twin.uniform(0.5, 1.5) for _ in range(4)]


def test_jitter_stays_within_its_bounds():
    policy = JitteredExponentialBackoff(10, 1, jitter=0.2)

    assert all(8 <= policy.delay(1) <= 12 for _ in range(100))


@pytest.mark.parametrize(
    ("limit", "age", "gives_up"),
    [(None, 1e9, False), (60, 59.9, False), (60, 60, True), (60, 61, True)],
)
def test_a_job_is_given_up_once_it_is_as_old_as_the_limit(limit, age, gives_up):
    policy = FixedDelay(1, give_up_after_age_s=limit)

    assert policy.should_give_up(age) is gives_up


NAN = math.nan


@pytest.mark.parametrize(
    ("policy", "field", "value"),
    [
        (FixedDelay, "delay_s", -1),
        (FixedDelay, "delay_s", NAN),
        (FixedDelay, "delay_s", MAX_DELAY_S + 1),
        (FixedDelay, "give_up_after_age_s", 0),
        (ExponentialBackoff, "base", -1),
        (ExponentialBackoff, "factor", 0.5),
        (ExponentialBackoff, "factor", math.inf),
        (ExponentialBackoff, "max_delay_s", -1),
        (ExponentialBackoff, "max_delay_s", NAN),
        (JitteredExponentialBackoff, "jitter", 1.1),
        (JitteredExponentialBackoff, "jitter", NAN),
    ],
)
def test_a_policy_refuses_numbers_that_make_no_sense(policy, field, value):
    with pytest.raises(InvalidSpecError, match=field):
        policy(**{field: value})


@pytest.mark.parametrize(
    ("spec", "kind", "waits"),
    [
        ("fixed", FixedDelay, [1, 1]),
        ("fixed:5", FixedDelay, [5, 5]),
        ("exponential", ExponentialBackoff, [1, 2]),
        (" Exponential:2:3:5 ", ExponentialBackoff, [2, 5]),
        ("exponential_jitter:2:3:60:0", JitteredExponentialBackoff, [2, 6]),
        ("fixed:5:give_up_after_age_s=60", FixedDelay, [5, 5]),
        ("fixed:give_up_after_age_s=60", FixedDelay, [1, 1]),
    ],
)
def test_a_spec_names_a_policy(spec, kind, waits):
    policy = parse_policy(spec)

    assert type(policy) is kind
    assert delays(policy, (1, 2)) == waits
    assert policy.give_up_after_age_s == (60 if "=" in spec else None)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "'' is unknown; use one of fixed, exponential, exponential_jitter"),
        ("weekly:1", "'weekly' is unknown"),
        ("fixed:x", "'x' is not a number"),
        ("fixed:", "'' is not a number"),
        ("fixed:inf", "'inf' is not a number"),
        ("fixed:1:2", "fixed takes at most 1 numbers"),
        ("fixed:-1", "delay_s must be"),
        ("fixed:give_up_after_age_s=60:5", "numbers stand before key=number"),
        ("fixed:jitter=1", "'jitter=1' is not understood"),
        (
            "fixed:give_up_after_age_s=1:give_up_after_age_s=2",
            "the only key is give_up_after_age_s, once",
        ),
        ("fixed:give_up_after_age_s=x", "'x' is not a number"),
        ("fixed:give_up_after_age_s=0", "give_up_after_age_s must be above 0"),
    ],
)
def test_a_spec_that_does_not_parse_says_why(spec, message):
    with pytest.raises(InvalidSpecError, match=message) as refused:
        parse_policy(spec)

    assert repr(spec) in str(refused.value)


NUMBER = st.one_of(
    st.integers(-5, 500).map(str),
    st.floats().map(str),
    st.sampled_from(["", " 1 ", "1_0", "nan", "1e999", "x"]),
)
PART = NUMBER | st.builds(
    "{}={}".format, st.sampled_from(["give_up_after_age_s", "k"]), NUMBER
)
SPEC = st.builds(
    lambda name, parts: ":".join([name, *parts]),
    st.sampled_from(["fixed", "exponential", "exponential_jitter", "other"]),
    st.lists(PART, max_size=5),
)


@given(st.text(max_size=20) | SPEC, st.integers(1, LAST_ATTEMPT))
def test_every_spec_is_refused_in_words_or_waits_a_finite_time(spec, attempt):
    try:
        policy = parse_policy(spec)
    except InvalidSpecError:
        return

    assert 0 <= policy.delay(attempt) <= 2 * MAX_DELAY_S
    assert isinstance(policy.should_give_up(1.0), bool)
