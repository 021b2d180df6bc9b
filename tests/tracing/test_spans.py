from __future__ import annotations

import asyncio

import pytest
from opentelemetry import baggage, context
from opentelemetry.trace import SpanKind, StatusCode

from pyjobkit_django import DiscardJob, SnoozeJob
from pyjobkit_django.contracts import LeaseReport
from pyjobkit_django.jobs import JobSpec
from tests.worker.fakes import (
    Does,
    FakeBackend,
    OutOfReachError,
    engine_for,
    forever,
    until,
    until_ended,
    worker_for,
    working,
)


def is_child(span, parent):
    same_trace = span.context.trace_id == parent.context.trace_id
    return same_trace and span.parent.span_id == parent.context.span_id


async def run_once(engine, **options):
    await worker_for(engine, **options).run(once=True)


# Enqueueing.


async def test_enqueueing_is_a_span_of_the_request_that_tells_kind_and_priority(trace):
    with trace.begin("GET /orders") as request:
        await engine_for().enqueue(kind="mail", priority=5)

    span = trace.one("pyjobkit.enqueue")
    assert is_child(span, request)
    assert span.kind is SpanKind.PRODUCER
    assert span.attributes == {"kind": "mail", "priority": 5}


@pytest.mark.parametrize(
    ("jobs", "shown"),
    [
        ([{"kind": "a"}] * 3, {"count": 3, "kind": "a", "priority": 100}),
        ([{"kind": "a"}, {"kind": "b"}], {"count": 2, "priority": 100}),
        ([{"kind": "a"}, {"kind": "a", "priority": 1}], {"count": 2, "kind": "a"}),
    ],
)
async def test_enqueueing_many_is_one_span_that_tells_what_they_have_in_common(
    trace, jobs, shown
):
    await engine_for().enqueue_many(jobs)

    assert trace.one("pyjobkit.enqueue").attributes == shown


async def test_enqueueing_nothing_leaves_no_span(trace):
    await engine_for().enqueue_many([])

    assert trace.named("pyjobkit.enqueue") == []


async def test_a_backend_that_fails_shows_in_the_span_and_to_the_caller(trace):
    class Full(FakeBackend):
        async def enqueue_many(self, specs):
            raise OutOfReachError

    with pytest.raises(OutOfReachError):
        await engine_for(backend=Full()).enqueue(kind="mail")

    span = trace.one("pyjobkit.enqueue")
    assert span.status.status_code is StatusCode.ERROR
    assert span.events[0].attributes["exception.type"].endswith("OutOfReachError")


async def test_what_is_refused_leaves_no_span(trace):
    with pytest.raises(ValueError, match="kind"):
        await engine_for().enqueue(kind="a b")

    assert trace.named("pyjobkit.enqueue") == []


# Running.


async def test_a_run_goes_on_with_the_trace_of_the_request_that_enqueued_it(trace):
    engine = engine_for(Does(kind="mail"))
    with trace.begin("GET /orders") as request:
        job_id = await engine.enqueue(kind="mail")

    await run_once(engine)

    enqueued, run = trace.one("pyjobkit.enqueue"), trace.one("pyjobkit.execute")
    assert is_child(enqueued, request)
    assert is_child(run, enqueued)
    assert run.kind is SpanKind.CONSUMER
    assert run.attributes == {
        "kind": "mail",
        "job_id": str(job_id),
        "attempt": 1,
        "outcome": "success",
    }
    assert run.status.status_code is StatusCode.UNSET


async def test_a_job_that_nobody_asked_for_has_a_trace_of_its_own(trace):
    engine = engine_for(Does())
    await engine.enqueue(kind="job")

    await run_once(engine)

    enqueued, run = trace.one("pyjobkit.enqueue"), trace.one("pyjobkit.execute")
    assert enqueued.parent is None
    assert is_child(run, enqueued)


async def test_what_an_executor_does_belongs_to_its_run(trace):
    async def ask(ctx, payload):
        with trace.begin("SELECT"):
            await asyncio.sleep(0)

    engine = engine_for(ask)
    await engine.enqueue_many([{"kind": "job"}] * 2)

    await run_once(engine)

    runs = {span.context.span_id for span in trace.named("pyjobkit.execute")}
    asked = {span.parent.span_id for span in trace.named("SELECT")}
    assert asked == runs
    assert len(runs) == 2


async def test_baggage_of_the_request_reaches_the_executor(trace):
    seen = []

    async def look(ctx, payload):
        seen.append(baggage.get_baggage("tenant"))

    engine = engine_for(look)
    token = context.attach(baggage.set_baggage("tenant", "acme"))
    await engine.enqueue(kind="job")
    context.detach(token)

    await run_once(engine)

    assert seen == ["acme"]


async def test_each_attempt_is_a_span(trace):
    async def fail_once(ctx, payload):
        if ctx.attempt == 1:
            raise ValueError("not yet")

    engine = engine_for(fail_once)
    await engine.enqueue(kind="job", retry_policy="fixed:0")

    await run_once(engine)

    first, second = trace.named("pyjobkit.execute")
    assert (first.attributes["attempt"], first.attributes["outcome"]) == (1, "retry")
    assert (second.attributes["attempt"], second.attributes["outcome"]) == (
        2,
        "success",
    )
    assert first.parent.span_id == second.parent.span_id


async def test_the_next_step_of_a_chain_stays_in_the_trace(trace):
    engine = engine_for(Does())
    with trace.begin("GET /orders") as request:
        await engine.chain({"kind": "job"}, {"kind": "job"})

    await run_once(engine)

    runs = trace.named("pyjobkit.execute")
    assert len(runs) == 2
    assert {run.context.trace_id for run in runs} == {request.context.trace_id}


async def test_a_worker_that_is_started_in_a_span_does_not_take_jobs_into_it(trace):
    engine = engine_for(Does(), backend=KeepsNoTrace())
    await engine.enqueue(kind="job")

    with trace.begin("manage.py"):
        await run_once(engine)

    assert trace.one("pyjobkit.execute").parent is None


class KeepsNoTrace(FakeBackend):
    stores = FakeBackend.stores - {"trace_context"}

    async def enqueue_many(self, specs):
        assert [spec.trace_context for spec in specs] == [{}] * len(specs)
        return await super().enqueue_many(specs)


@pytest.mark.parametrize(
    "carrier",
    [{"traceparent": "nonsense"}, {"traceparent": 7}, {"baggage": None}, {}],
)
async def test_a_carrier_that_makes_no_sense_starts_a_new_trace(trace, carrier):
    backend = FakeBackend()
    engine = engine_for(Does(), backend=backend)
    await backend.enqueue_many([JobSpec(kind="job", trace_context=carrier)])

    await run_once(engine)

    assert trace.one("pyjobkit.execute").parent is None
    assert trace.one("pyjobkit.execute").attributes["outcome"] == "success"


# How a run ended.


async def fail(ctx, payload):
    raise ValueError("no such order")


async def discard(ctx, payload):
    raise DiscardJob("gone")


async def return_a_set(ctx, payload):
    return {1, 2}


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError


async def fail_unspeakably(ctx, payload):
    raise UnspeakableError


@pytest.mark.parametrize(
    ("action", "options", "outcome", "told", "recorded"),
    [
        (fail, {"max_attempts": 1}, "failed", "no such order", ["ValueError"]),
        (discard, {}, "failed", "gone", ["pyjobkit_django.errors.DiscardJob"]),
        (return_a_set, {}, "failed", "result: a set is not JSON", []),
        (forever, {"timeout_s": 0.02}, "timeout", "timeout", []),
        (fail_unspeakably, {"max_attempts": 1}, "failed", "UnspeakableError", []),
    ],
)
async def test_a_run_that_went_wrong_is_an_error_and_its_exception_is_recorded(
    trace, action, options, outcome, told, recorded
):
    engine = engine_for(action)
    await engine.enqueue(kind="job", **options)

    await run_once(engine)

    span = trace.one("pyjobkit.execute")
    assert span.attributes["outcome"] == outcome
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description.startswith(told)
    exceptions = [event.attributes["exception.type"] for event in span.events]
    assert exceptions == recorded


async def test_a_snooze_is_no_error(trace):
    async def snooze_once(ctx, payload):
        if ctx.job.version == 1:
            raise SnoozeJob(0)

    engine = engine_for(snooze_once)
    await engine.enqueue(kind="job")

    await run_once(engine)

    first, _ = trace.named("pyjobkit.execute")
    assert first.attributes["outcome"] == "snooze"
    assert (first.status.status_code, first.events) == (StatusCode.UNSET, ())


async def test_a_cancelled_run_is_no_error(trace):
    executor = Does(forever)
    engine = engine_for(executor)
    job_id = await engine.enqueue(kind="job")

    async with working(engine):
        await until(lambda: executor.started)
        await engine.cancel(job_id)
        await until_ended(engine, job_id)

    span = trace.one("pyjobkit.execute")
    assert span.attributes["outcome"] == "cancelled"
    assert (span.status.status_code, span.events) == (StatusCode.UNSET, ())


async def test_a_run_that_lost_its_lease_says_so(trace):
    class Forgetful(FakeBackend):
        async def extend_leases(self, worker_id, versions, ttl_s):
            return LeaseReport(lost=frozenset(versions))

    engine = engine_for(forever, backend=Forgetful())
    await engine.enqueue(kind="job")

    async with working(engine, lease_ttl=0.3):
        await until(lambda: trace.named("pyjobkit.execute"))

    assert trace.one("pyjobkit.execute").attributes["outcome"] == "lease_lost"
