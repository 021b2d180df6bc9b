from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyjobkit_django.histograms import (
    BUCKETS,
    added,
    bounds_of,
    bucket_of,
    percentile,
)


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(-1, 0), (0, 0), (0.0009, 0), (0.001, 1), (0.002, 2), (0.0035, 2), (1, 10)],
)
def test_a_bucket_holds_the_times_up_to_twice_its_begin(seconds, bucket):
    assert bucket_of(seconds) == bucket


@given(st.floats(0, 1e6))
def test_a_time_is_within_the_bounds_of_its_bucket(seconds):
    begin, end = bounds_of(bucket_of(seconds))

    assert begin <= seconds < end


def test_the_last_bucket_takes_whatever_is_longer():
    assert bucket_of(1e12) == BUCKETS - 1


def test_histograms_of_different_lengths_are_added():
    assert added([[1, 2], [], [1, 0, 5]]) == [2, 2, 5]
    assert added([]) == []


def test_no_times_have_no_percentile():
    assert percentile([], 0.5) is None
    assert percentile([0, 0], 0.95) is None


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.95, 0.99, 1.0]),
)
def test_a_percentile_lies_in_the_bucket_of_the_exact_one(times, share):
    counts = [0] * BUCKETS
    for seconds in times:
        counts[bucket_of(seconds)] += 1
    exact = sorted(times)[math.ceil(share * len(times)) - 1]

    assert bucket_of(percentile(counts, share)) == bucket_of(exact)
