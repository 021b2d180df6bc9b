from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from opentelemetry import trace

from pyjobkit_django.tracing import Tracer, best_tracer, spans, tracer
from pyjobkit_django.tracing.spans import SpanTracer
from pyjobkit_django.tracing.tracer import NO_SPAN
from tests.worker.fakes import Does, a_job, engine_for, worker_for

ROOT = Path(__file__).parents[2]

WITHOUT = """
import asyncio, sys
sys.modules["opentelemetry"] = None
from pyjobkit_django import Engine, Worker
from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.tracing import Tracer, tracer
from tests.worker.fakes import Does

async def main():
    engine = Engine(backend=MemoryBackend(), executors=[Does()])
    job_id = await engine.enqueue(kind="job")
    await Worker(engine).run(once=True)
    return (await engine.get(job_id))["status"]

assert type(tracer()) is Tracer
print(asyncio.run(main()))
"""


def test_where_opentelemetry_is_installed_it_makes_the_spans():
    assert isinstance(tracer(), SpanTracer)


def test_a_worker_looks_for_a_provider_once_a_second_not_for_each_job(monkeypatch):
    asked = []
    makes_spans = SpanTracer()
    none_yet = trace.get_tracer_provider()
    monkeypatch.setattr(
        spans.trace, "get_tracer_provider", lambda: asked.append(1) or none_yet
    )
    monkeypatch.setattr(spans.time, "monotonic", lambda: now)

    for now in (100.0, 100.0 + spans.REMEMBERED_S / 2):  # noqa: B007 - the clock reads it
        for _ in range(50):
            with makes_spans.executing(a_job()) as span:
                assert span is NO_SPAN
    assert len(asked) == 1
    now = 100.0 + spans.REMEMBERED_S
    with makes_spans.executing(a_job()):
        assert len(asked) == 2


def test_where_it_is_not_there_are_none(monkeypatch):
    monkeypatch.delitem(sys.modules, "pyjobkit_django.tracing.spans")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    assert type(best_tracer()) is Tracer


def test_without_opentelemetry_jobs_are_enqueued_and_run():
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.stdout, ran.stderr) == ("success\n", "")


async def test_where_nobody_configured_it_no_job_carries_anything():
    seen = []

    async def look(ctx, payload):
        seen.append(ctx.job.trace_context)

    engine = engine_for(Does(look))
    await engine.enqueue(kind="job")

    await worker_for(engine).run(once=True)

    assert seen == [{}]
