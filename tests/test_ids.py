from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122

import pytest

from pyjobkit_django import ids


@pytest.fixture
def clock(monkeypatch):
    """A clock to set, in milliseconds, and a sequence that starts anew."""

    class Clock:
        millisecond = 1_700_000_000_000

    monkeypatch.setattr(ids, "_last", 0)
    monkeypatch.setattr(time, "time_ns", lambda: Clock.millisecond * 1_000_000)
    return Clock


def test_an_id_is_a_uuid_of_version_7_that_tells_its_millisecond(clock):
    made = ids.new_job_id()

    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == clock.millisecond


def test_ids_of_one_millisecond_are_in_the_order_they_were_made(clock):
    made = [ids.new_job_id() for _ in range(1000)]

    assert made == sorted(set(made))


def test_a_clock_that_steps_back_does_not_break_the_order(clock):
    first = ids.new_job_id()
    clock.millisecond -= 60_000

    assert ids.new_job_id() > first


def test_a_later_millisecond_starts_from_a_new_random_tail(clock):
    first = ids.new_job_id()
    clock.millisecond += 1
    second = ids.new_job_id()

    assert second > first
    assert second.int >> 80 == clock.millisecond


def test_the_largest_random_numbers_leave_the_version_and_the_variant(
    clock, monkeypatch
):
    monkeypatch.setattr(os, "urandom", lambda size: b"\xff" * size)
    monkeypatch.setattr(ids, "_steps", iter(()))
    made = [ids.new_job_id() for _ in range(1000)]

    assert {(each.version, each.variant) for each in made} == {(7, RFC_4122)}
    assert {each.int >> 80 for each in made} == {clock.millisecond}
    assert made == sorted(set(made))


FORKED = """
import os, time
from pyjobkit_django.ids import new_job_id

time.time_ns = lambda: 1_700_000_000_000 * 1_000_000
before = [new_job_id(), new_job_id()]
if child := os.fork():
    os.waitpid(child, 0)
print(*(new_job_id() for _ in range(1_100)))
"""


def test_processes_never_share_an_id_even_forked_within_a_millisecond():
    made = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, check=True
    ).stdout.split()

    assert len(set(made)) == len(made) == 2_200


def test_threads_never_share_an_id():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ids.new_job_id(), range(4000)))

    assert len(set(made)) == len(made)


def test_the_first_id_at_a_time_is_below_every_id_made_then(clock):
    made = ids.new_job_id()
    seconds = clock.millisecond / 1000

    assert ids.first_job_id_at(seconds) <= made < ids.first_job_id_at(seconds + 0.001)
    assert ids.first_job_id_at(seconds).version == 7


@pytest.mark.parametrize(
    ("timestamp", "millisecond"), [(-1.0, 0), (0.0, 0), (1e15, (1 << 48) - 1)]
)
def test_the_first_id_at_a_time_that_no_id_can_tell_is_the_nearest(
    timestamp, millisecond
):
    assert ids.first_job_id_at(timestamp).int >> 80 == millisecond
