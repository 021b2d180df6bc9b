"""A worker's log carries pyjobkit's events, with its fields."""

from __future__ import annotations

import asyncio
import io
import json
import logging

import pytest

from pyjobkit_django.errors import DiscardJob, SnoozeJob
from pyjobkit_django.log_format import JsonFormatter
from tests.worker.fakes import engine_for, forever, until, until_ended, working


@pytest.fixture
def lines():
    """Return a function that reads what was logged so far, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    ours = logging.getLogger("pyjobkit")
    level = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    ours.removeHandler(handler)
    ours.setLevel(level)


async def act(ctx, payload):
    match payload.get("do"):
        case "phase":
            async with ctx.profile_phase("render", page=7):
                await asyncio.sleep(0)
        case "retry" if ctx.attempt == 1:
            raise ValueError("not yet")
        case "discard":
            raise DiscardJob("no such order")
        case "snooze" if ctx.job.version == 1:
            raise SnoozeJob(0)
        case "hang":
            await forever(ctx, payload)
        case "deep":
            deep = {}
            for _ in range(30):
                deep = {"in": deep}
            return deep
    return None


async def worked_off(engine, do, **options):
    job_id = await engine.enqueue(kind="job", payload={"do": do}, **options)
    async with working(engine, retry_policy="fixed:0"):
        await until_ended(engine, job_id)
    return job_id


@pytest.mark.parametrize(
    ("do", "options", "events"),
    [
        ("succeed", {}, ["job.started", "job.succeeded"]),
        ("succeed", {"shadow": True}, ["job.started", "job.shadow_succeeded"]),
        ("discard", {}, ["job.started", "job.failed"]),
        ("hang", {"timeout_s": 0.05}, ["job.started", "job.timeout"]),
        (
            "retry",
            {},
            ["job.started", "job.retry", "job.started", "job.succeeded"],
        ),
        (
            "snooze",
            {},
            ["job.started", "job.snoozed", "job.started", "job.succeeded"],
        ),
        (
            "phase",
            {},
            ["job.started", "phase.started", "phase.ended", "job.succeeded"],
        ),
    ],
)
async def test_each_step_of_a_job_has_its_event(lines, do, options, events):
    job_id = await worked_off(engine_for(act), do, **options)

    of_the_job = [line for line in lines() if line.get("job_id") == str(job_id)]
    assert [line["event"] for line in of_the_job] == events
    assert all(line["msg"].split()[0] in ("job", "phase") for line in of_the_job)


async def test_a_cancelled_job_has_its_event(lines):
    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job", payload={"do": "hang"})
    async with working(engine):
        await until(lambda: "job.started" in [line.get("event") for line in lines()])
        await engine.cancel(job_id)
        await until_ended(engine, job_id)

    assert "job.cancelled" in [line.get("event") for line in lines()]


async def test_a_chain_that_breaks_has_its_event(lines):
    engine = engine_for(act)
    head = await engine.chain(
        {"kind": "job", "payload": {"do": "deep"}}, {"kind": "job"}
    )
    async with working(engine):
        await until_ended(engine, head)

    told = {line["event"]: line for line in lines() if "event" in line}
    assert told["job.failed"]["reason"] == "chain_broken"
    assert told["chain.broken"]["job_id"] == str(head)


async def test_a_line_tells_which_job_and_worker_and_how_long_it_took(lines):
    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job", payload={"do": "retry"})
    async with working(engine, retry_policy="fixed:0.01") as worker:
        await until_ended(engine, job_id)

    (line,) = [line for line in lines() if line.get("event") == "job.retry"]
    assert list(line)[4:9] == ["event", "job_id", "worker_id", "status", "duration_ms"]
    assert (line["job_id"], line["worker_id"]) == (str(job_id), str(worker.worker_id))
    assert (line["status"], line["kind"], line["attempts"]) == ("scheduled", "job", 1)
    assert (line["exception_type"], line["retry_delay_s"]) == ("ValueError", 0.01)
    assert line["reason"] == "ValueError('not yet')"
    assert line["duration_ms"] >= 0


async def test_a_phase_tells_its_length_and_what_it_was_given(lines):
    await worked_off(engine_for(act), "phase")

    (ended,) = [line for line in lines() if line.get("event") == "phase.ended"]
    assert (ended["phase"], ended["page"]) == ("render", 7)
    assert ended["duration_ms"] >= 0
