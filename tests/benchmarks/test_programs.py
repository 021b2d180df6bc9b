"""Every queue is driven by the same commands, and marks what it ran."""

from __future__ import annotations

import time

import pytest

from benchmarks import marks
from benchmarks.program import AsyncProgram, SyncProgram

pytestmark = pytest.mark.once


class Sent(SyncProgram):
    def __init__(self):
        self.jobs = []

    def send(self, kind, sent=None):
        self.jobs.append((kind, sent))


class SentAsynchronously(AsyncProgram):
    def __init__(self):
        self.jobs = []

    async def send(self, kind, sent=None):
        self.jobs.append((kind, sent))


@pytest.fixture(params=[Sent, SentAsynchronously])
def program(request):
    return request.param()


def test_filling_sends_as_many_as_asked(program):
    program.fill("sleep", "2500")

    assert program.jobs == [("sleep", None)] * 2_500


def test_a_rate_leaves_the_warm_up_out(program):
    reply = program.enqueue("100")

    assert len(program.jobs) > 100
    assert reply["rate"] > 0


def test_a_paced_job_carries_the_time_it_was_sent_at(program):
    before = time.time_ns()
    reply = program.pace("3", "0.01")

    assert all(before <= sent <= time.time_ns() for _, sent in program.jobs)
    assert reply["rate"] <= 150


def test_marks_are_read_in_the_order_of_writing(tmp_path, monkeypatch):
    path = tmp_path / "marks"
    monkeypatch.setenv(marks.VARIABLE, str(path))
    assert marks.count(path) == 0

    mark, mark_lateness = marks.marker(), marks.lateness()
    before = time.time_ns()
    mark()
    mark_lateness(time.time_ns() - 5_000_000)

    at, late = marks.read(path)
    assert marks.count(path) == 2
    assert before <= at <= time.time_ns()
    assert 5_000_000 <= late < 5_000_000_000
