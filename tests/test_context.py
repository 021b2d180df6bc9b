from __future__ import annotations

import asyncio
import logging
import math
from datetime import UTC, datetime

import pytest

from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.context import DefaultExecContext
from pyjobkit_django.contracts import ClaimedJob
from pyjobkit_django.engine import Engine
from pyjobkit_django.ids import new_job_id


@pytest.fixture
def engine():
    return Engine(backend=MemoryBackend())


@pytest.fixture
def context(engine):
    made = engine.make_ctx(new_job_id())
    assert isinstance(made, DefaultExecContext)
    return made


def run_of(job_id):
    return ClaimedJob(
        id=job_id,
        kind="mail",
        payload={},
        version=4,
        attempts=2,
        max_attempts=3,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


async def test_a_line_goes_to_the_log_sink_with_its_stream_and_time(engine, context):
    before = datetime.now(UTC)  # noqa: TID251 - it is what the line bears
    await context.log("hello", stream="stderr")
    (record,) = await engine.log_sink.get(context.job_id)

    assert (record.stream, record.message, record.version) == ("stderr", "hello", 0)
    assert record.written_at >= before


async def test_a_line_bears_the_version_of_its_run(engine, context):
    context.job = run_of(context.job_id)
    await context.log(5)
    (record,) = await engine.log_sink.get(context.job_id)

    assert (record.stream, record.message, record.version) == ("stdout", "5", 4)


def test_outside_a_worker_it_is_the_first_attempt(context):
    assert context.attempt == 1


async def test_progress_is_announced_with_what_goes_with_it(engine, context):
    async def listen(payload):
        heard.append(payload)

    heard = []
    engine.event_bus.subscribe(f"job.{context.job_id}.progress", listen)
    await context.set_progress(0.5, step="two")

    assert heard == [{"value": 0.5, "step": "two"}]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
async def test_progress_is_a_number(context, value):
    with pytest.raises(ValueError, match="progress must be a number from 0 to 1"):
        await context.set_progress(value)


async def test_a_context_asks_the_backend_whether_the_job_is_cancelled(engine):
    job_id = await engine.enqueue(kind="mail")
    context = engine.make_ctx(job_id)

    assert not await context.is_cancelled()
    await engine.cancel(job_id)
    assert await context.is_cancelled()


def fields(caplog):
    return [
        (r.message, r.event, r.phase, getattr(r, "error", None)) for r in caplog.records
    ]


async def test_a_phase_is_timed(engine, context, caplog):
    with caplog.at_level(logging.INFO, "pyjobkit.job"):
        async with context.profile_phase("load", rows=5):
            pass
    (line,) = await engine.log_sink.get(context.job_id)

    assert line.message.startswith("phase load took ")
    assert line.message.endswith("ms")
    assert fields(caplog) == [
        ("phase started", "phase.started", "load", None),
        ("phase ended", "phase.ended", "load", None),
    ]
    assert {(record.job_id, record.rows) for record in caplog.records} == {
        (context.job_id, 5)
    }
    assert caplog.records[1].duration_ms >= 0


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError])
async def test_a_phase_that_fails_says_so_and_passes_the_error_on(
    engine, context, caplog, error
):
    with caplog.at_level(logging.INFO, "pyjobkit.job"), pytest.raises(error):
        async with context.profile_phase("load"):
            raise error
    (line,) = await engine.log_sink.get(context.job_id)

    assert line.message.endswith(f"(error: {error.__name__})")
    assert fields(caplog)[1] == ("phase ended", "phase.ended", "load", error.__name__)
