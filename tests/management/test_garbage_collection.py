"""What the garbage collector is told while a process runs jobs."""

from __future__ import annotations

import gc

import pytest

from pyjobkit_django.management.garbage_collection import OBJECTS, collecting_less


@pytest.fixture(autouse=True)
def _collector_stays_as_it_was():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.fixture
def _collector_spares_nothing():
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("_collector_spares_nothing")
def test_what_was_there_before_is_spared_meanwhile():
    with collecting_less(8):
        assert gc.get_freeze_count() > 1_000
    assert gc.get_freeze_count() == 0


def test_what_the_process_spared_before_stays_spared():
    before = gc.get_freeze_count()
    with collecting_less(8):
        pass
    assert gc.get_freeze_count() >= before > 0


@pytest.mark.parametrize(("jobs", "young"), [(8, 700), (1_000, 1_000 * OBJECTS)])
def test_it_looks_more_rarely_the_more_jobs_are_in_hand(jobs, young):
    gc.set_threshold(700, 10, 7)
    with collecting_less(jobs):
        assert gc.get_threshold() == (young, 10, 7)
    assert gc.get_threshold() == (700, 10, 7)


def test_a_collector_that_is_switched_off_stays_so():
    gc.set_threshold(0)
    with collecting_less(1_000):
        assert gc.get_threshold()[0] == 0
