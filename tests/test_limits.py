from __future__ import annotations

import asyncio
import math

import pytest

from pyjobkit_django.errors import InvalidSpecError
from pyjobkit_django.limits import RateLimit, TokenBucket, parse_rate_limits


class Clock:
    """A clock that moves when it is told to."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_bucket_starts_full(clock):
    assert TokenBucket(2, burst=5, clock=clock).available() == 5


@pytest.mark.parametrize(("rate", "capacity"), [(0.5, 1), (1, 1), (7, 7)])
def test_a_bucket_holds_one_seconds_worth_and_at_least_one(clock, rate, capacity):
    assert TokenBucket(rate, clock=clock).capacity == capacity


def test_a_bucket_refills_at_its_rate_up_to_its_burst(clock):
    bucket = TokenBucket(2, burst=3, clock=clock)
    bucket.take(3)
    counts = []
    for _ in range(4):
        clock.now += 0.5
        counts.append(bucket.available())

    assert counts == [1, 2, 3, 3]


def test_a_rounding_error_does_not_cost_a_token(clock):
    bucket = TokenBucket(10, burst=1, clock=clock)
    bucket.take()
    for _ in range(10):
        clock.now += 0.01
        bucket.available()

    assert bucket.available() == 1


def test_a_bucket_tells_how_long_its_tokens_take(clock):
    bucket = TokenBucket(4, burst=2, clock=clock)

    assert bucket.wait_s(2) == 0
    bucket.take(2)
    assert (bucket.wait_s(), bucket.wait_s(2)) == (0.25, 0.5)


async def test_acquiring_what_is_there_does_not_wait(clock):
    bucket = TokenBucket(1, burst=2, clock=clock)
    await bucket.acquire(2)

    assert bucket.available() == 0


async def test_acquiring_waits_until_the_tokens_are_there(clock, monkeypatch):
    async def sleep(seconds):
        waits.append(seconds)
        clock.now += seconds

    waits = []
    monkeypatch.setattr(asyncio, "sleep", sleep)
    bucket = TokenBucket(4, burst=1, clock=clock)
    for _ in range(3):
        await bucket.acquire()

    assert waits == [0.25, 0.25]


async def test_acquiring_more_than_ever_fits_is_refused(clock):
    with pytest.raises(InvalidSpecError, match="3 tokens never fit a burst of 2"):
        await TokenBucket(1, burst=2, clock=clock).acquire(3)


@pytest.mark.parametrize(
    ("rate", "burst", "message"),
    [
        (0, 1, "0 a second must be above 0"),
        (-1, 1, "-1 a second"),
        (math.nan, 1, "nan a second"),
        (math.inf, 1, "inf a second"),
        (1, 0.5, "a burst of 0.5 must be 1 or more"),
        (1, math.inf, "a burst of inf"),
        (1, math.nan, "a burst of nan"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(rate, burst, message):
    with pytest.raises(InvalidSpecError, match=message):
        TokenBucket(rate, burst)


@pytest.mark.parametrize(
    ("specs", "limits"),
    [
        (None, {}),
        ("", {}),
        (" , ", {}),
        ("mail:2", {"mail": RateLimit(2, 2)}),
        ("mail:0.5", {"mail": RateLimit(0.5, 1)}),
        ("mail:2:10, http:5", {"mail": RateLimit(2, 10), "http": RateLimit(5, 5)}),
        ({}, {}),
        ({"mail": 3}, {"mail": RateLimit(3, 3)}),
        ({"mail": (3, 9)}, {"mail": RateLimit(3, 9)}),
        ({"mail": RateLimit(1, 2)}, {"mail": RateLimit(1, 2)}),
        ({"mail": {"max_per_second": 3}}, {"mail": RateLimit(3, 3)}),
        ({"mail": {"max_per_second": 3, "burst": 4}}, {"mail": RateLimit(3, 4)}),
    ],
)
def test_limits_are_read_from_text_and_mappings(specs, limits):
    assert parse_rate_limits(specs) == limits


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        ("mail", "'mail': write kind:rate or kind:rate:burst"),
        (":5", "':5': write kind:rate"),
        ("mail:1:2:3", "write kind:rate"),
        ("mail:fast", "limit of 'mail': 'fast' with burst None are not numbers"),
        ("mail:0", "0.0 a second must be above 0"),
        ("mail:1:0", "a burst of 0.0 must be 1 or more"),
        ({"mail": None}, "limit of 'mail': None"),
        ({"mail": (1, "x")}, "with burst 'x'"),
        ({"mail": (1, 2, 3)}, "limit of 'mail'"),
        ({"mail": ()}, "limit of 'mail'"),
        ({"mail": {"burst": 3}}, "limit of 'mail': None with burst 3"),
        ({"mail": {"max_per_second": 1, "per": 2}}, r"unknown \['per'\]"),
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(specs, message):
    with pytest.raises(InvalidSpecError, match=message):
        parse_rate_limits(specs)
