from __future__ import annotations

import random

import pytest

from pyjobkit_django.worker.poll_pace import PollPace


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)


def pauses(*founds, hinted=False, poll=0.5):
    pace = PollPace(poll)
    return [pace.pause_s(found=found, hinted=hinted) for found in founds]


def test_looks_that_find_nothing_become_rarer_up_to_a_ceiling():
    assert pauses(*[False] * 6) == [0.5, 0.75, 1.125, 1.6875, 2.0, 2.0]


def test_a_job_brings_the_pace_back():
    assert pauses(False, False, False, True, False) == [0.5, 0.75, 1.125, 0.5, 0.75]


def test_while_hints_arrive_the_poll_is_a_mere_precaution():
    assert pauses(False, True, hinted=True) == [30.0, 30.0]
    assert pauses(False, hinted=True, poll=45) == [45.0]


def test_hints_that_stop_arriving_leave_the_poll_as_it_was():
    pace = PollPace(0.5)
    pace.pause_s(found=False, hinted=True)

    assert pace.pause_s(found=False, hinted=False) == 0.75


def test_workers_do_not_look_in_step(monkeypatch):
    monkeypatch.undo()
    seen = {PollPace(1).pause_s(found=False, hinted=False) for _ in range(9)}

    assert len(seen) > 1
    assert all(0.8 <= pause_s <= 1.2 for pause_s in seen)
