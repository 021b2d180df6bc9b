"""What a command prints, however much, as a worker leaves it in the database."""

from __future__ import annotations

import sys

import pytest
from asgiref.sync import sync_to_async

from pyjobkit_django import Engine
from pyjobkit_django.backends.orm import DatabaseLogSink, DjangoBackend
from pyjobkit_django.executors import SubprocessExecutor
from pyjobkit_django.worker import LogLimits
from pyjobkit_django.worker.run_log import CUT, LIMIT_REACHED
from tests.marks import committed, on_postgresql
from tests.worker.fakes import worker_for

pytestmark = [committed, pytest.mark.usefixtures("callers_thread")]

#: How many a worker takes by default, and many more.
LIMIT = 10_000
LINES = 100_000
LINE_BYTES = 5_000_000
LONG_LINE = f"print('start' + 'x' * {LINE_BYTES} + 'end'); print('next')"


async def log_of(cmd, **limits):
    """Run a command as a job, with a worker's limits; return the lines of its log."""
    sink = DatabaseLogSink()
    executor = await sync_to_async(SubprocessExecutor)()
    async with Engine(
        backend=DjangoBackend(), executors=[executor], log_sink=sink
    ) as engine:
        job_id = await engine.enqueue(kind="subprocess", payload={"cmd": cmd})
        await worker_for(engine, log_limits=LogLimits(**limits)).run(once=True)
        assert (await engine.get(job_id))["status"] == "success"
        return [line.message for line in await sink.get(job_id)]


async def test_by_default_a_long_log_ends_with_a_mark():
    lines = await log_of(["seq", str(2 * LIMIT)])

    assert lines == [*map(str, range(1, LIMIT + 1)), LIMIT_REACHED]


async def test_by_default_a_long_line_is_cut_with_a_mark():
    lines = await log_of([sys.executable, "-c", LONG_LINE])

    assert lines == ["start" + "x" * (65_536 - 5) + CUT, "next"]


@on_postgresql
async def test_with_higher_limits_100_000_lines_are_complete_and_in_order():
    lines = await log_of(["seq", str(LINES)], lines=LINES)

    assert lines == [str(number) for number in range(1, LINES + 1)]


async def test_with_higher_limits_a_line_of_5_mb_is_whole():
    limit = LINE_BYTES + 1_000
    lines = await log_of([sys.executable, "-c", LONG_LINE], line_bytes=limit)

    assert lines == ["start" + "x" * LINE_BYTES + "end", "next"]
