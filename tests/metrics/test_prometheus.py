from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from pyjobkit_django import DiscardJob, SnoozeJob
from pyjobkit_django.contracts import LeaseReport
from pyjobkit_django.metrics import WorkerMetrics
from pyjobkit_django.metrics.prometheus import MAX_PHASES, PrometheusMetrics
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.depth import SHARE, Depth
from tests.metrics.samples import Scrape
from tests.worker.fakes import (
    Does,
    FakeBackend,
    engine_for,
    forever,
    until,
    until_ended,
    worker_for,
    working,
)

#: What a dashboard may rely on: the name and its type.
CATALOGUE = {
    "pyjobkit_jobs": "counter",
    "pyjobkit_job_wait_seconds": "histogram",
    "pyjobkit_job_run_seconds": "histogram",
    "pyjobkit_phase_duration_seconds": "histogram",
    "pyjobkit_outcomes_refused": "counter",
    "pyjobkit_claimed_jobs": "counter",
    "pyjobkit_claim_latency_seconds": "histogram",
    "pyjobkit_settle_batch_size": "histogram",
    "pyjobkit_settle_latency_seconds": "histogram",
    "pyjobkit_extend_lease_conflicts": "counter",
    "pyjobkit_extend_lease_latency_seconds": "histogram",
    "pyjobkit_lease_ttl_seconds": "histogram",
    "pyjobkit_leases_lost": "counter",
    "pyjobkit_queue_depth": "gauge",
    "pyjobkit_slots": "gauge",
    "pyjobkit_busy_slots": "gauge",
}


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    return PrometheusMetrics(registry)


def test_the_catalogue_is_whole_before_anything_happens(registry, metrics):
    families = Scrape.of(registry).families

    ours = {
        name: family.type
        for name, family in families.items()
        if not name.endswith("_created")
    }
    assert ours == CATALOGUE
    assert all(families[name].documentation for name in CATALOGUE)


def test_whoever_measures_nothing_hears_of_everything_all_the_same():
    nobody = WorkerMetrics()

    with nobody.watching(object()):
        for heard in (
            nobody.claimed(1, took_s=1.0),
            nobody.started("k", waited_s=None),
            nobody.settled("k", "success", ran_s=None),
            nobody.refused("k"),
            nobody.batch_settled(1, took_s=1.0),
            nobody.extended(lost=1, ttl_s=1.0, took_s=1.0),
            nobody.lease_lost("k"),
            nobody.phase("k", "load", took_s=1.0),
            nobody.depth(1),
        ):
            assert heard is None
    assert nobody.depth_every_s is None


def test_a_wait_and_a_run_of_unknown_length_are_not_in_the_histograms(
    registry, metrics
):
    metrics.started("k", waited_s=None)
    metrics.settled("k", "release", ran_s=None)

    scrape = Scrape.of(registry)
    assert scrape.value("job_wait_seconds_count", kind="k") is None
    assert scrape.value("job_run_seconds_count", kind="k") is None
    assert scrape.value("jobs_total", kind="k", outcome="release") == 1


def test_names_of_phases_that_hold_numbers_do_not_fill_the_memory(registry, metrics):
    for number in range(MAX_PHASES + 5):
        metrics.phase("k", f"row {number}", took_s=0.1)
    metrics.phase("k", "row 0", took_s=0.1)

    scrape = Scrape.of(registry)
    count = "phase_duration_seconds_count"
    assert scrape.value(count, kind="k", phase="row 0") == 2
    assert scrape.value(count, kind="k", phase=f"row {MAX_PHASES}") is None
    assert scrape.value(count, kind="k", phase="other") == 5


async def discard(ctx, payload):
    raise DiscardJob


async def snooze_once(ctx, payload):
    if ctx.job.version == 1:
        raise SnoozeJob(0)


async def fail_once(ctx, payload):
    if ctx.attempt == 1:
        raise ValueError


@pytest.mark.parametrize(
    ("action", "outcomes"),
    [
        (None, {"success": 1}),
        (discard, {"failed": 1}),
        (snooze_once, {"snooze": 1, "success": 1}),
        (fail_once, {"retry": 1, "success": 1}),
    ],
)
async def test_jobs_are_counted_by_kind_and_by_what_each_run_came_to(
    registry, metrics, action, outcomes
):
    engine = engine_for(Does(action, kind="mail"))
    job_id = await engine.enqueue(kind="mail", retry_policy="fixed:0")

    async with working(engine, metrics=metrics):
        await until_ended(engine, job_id)

    scrape = Scrape.of(registry)
    runs = sum(outcomes.values())
    for outcome, count in outcomes.items():
        assert scrape.value("jobs_total", kind="mail", outcome=outcome) == count
    assert scrape.value("job_run_seconds_count", kind="mail") == runs
    assert scrape.value("claimed_jobs_total") == runs
    assert scrape.value("claim_latency_seconds_count") >= runs
    assert scrape.value("settle_batch_size_sum") == runs
    assert scrape.value("settle_latency_seconds_count") == runs


async def test_the_wait_is_counted_from_when_a_job_was_due(registry, metrics):
    engine = engine_for(Does(kind="mail"))
    job_id = await engine.enqueue_in(0.05, kind="mail")

    async with working(engine, metrics=metrics):
        record = await until_ended(engine, job_id)

    waited_s = (record["started_at"] - record["scheduled_for"]).total_seconds()
    scrape = Scrape.of(registry)
    assert scrape.value("job_wait_seconds_count", kind="mail") == 1
    assert scrape.value("job_wait_seconds_sum", kind="mail") == pytest.approx(waited_s)


async def test_phases_are_measured_by_the_kind_whose_job_profiles_them(
    registry, metrics
):
    async def load(ctx, payload):
        async with ctx.profile_phase("load"):
            pass

    engine = engine_for(Does(load, kind="mail"))
    job_id = await engine.enqueue(kind="mail")

    async with working(engine, metrics=metrics):
        await until_ended(engine, job_id)

    count = "phase_duration_seconds_count"
    assert Scrape.of(registry).value(count, kind="mail", phase="load") == 1


async def test_slots_are_watched_while_their_worker_works(registry, metrics):
    engine = engine_for(forever)
    await engine.enqueue_many([{"kind": "job"}] * 2)

    def seen():
        scrape = Scrape.of(registry)
        return scrape.value("slots"), scrape.value("busy_slots")

    before = seen()
    async with working(engine, metrics=metrics, max_concurrency=3):
        async with working(engine_for(Does()), metrics=metrics, max_concurrency=4):
            await until(lambda: seen() == (7, 2))
        assert seen() == (3, 2)

    assert before == (0, 0)
    assert seen() == (0, 0)


async def test_extended_leases_are_timed_and_lost_ones_counted(registry, metrics):
    class Forgetful(FakeBackend):
        async def extend_leases(self, worker_id, versions, ttl_s):
            return LeaseReport(lost=frozenset(versions))

    engine = engine_for(forever, backend=Forgetful())
    await engine.enqueue(kind="job")

    def lost():
        return Scrape.of(registry).value("leases_lost_total", kind="job")

    async with working(engine, metrics=metrics, lease_ttl=0.3):
        await until(lost)

    scrape = Scrape.of(registry)
    assert scrape.value("leases_lost_total", kind="job") == 1
    assert scrape.value("extend_lease_conflicts_total") == 1
    assert scrape.value("extend_lease_latency_seconds_count") == 1
    assert scrape.value("lease_ttl_seconds_sum") == pytest.approx(0.3)


async def test_an_outcome_that_comes_too_late_is_counted_as_refused(registry, metrics):
    backend = FakeBackend()
    release = asyncio.Event()

    async def wait(ctx, payload):
        await release.wait()

    executor = Does(wait)
    engine = engine_for(executor, backend=backend)
    job_id = await engine.enqueue(kind="job")

    async with working(engine, metrics=metrics):
        await until(lambda: executor.started)
        await backend.succeed(job_id, "by another", expected_version=1)
        release.set()
        await until(
            lambda: Scrape.of(registry).value("outcomes_refused_total", kind="job")
        )

    assert (
        Scrape.of(registry).value("jobs_total", kind="job", outcome="success") is None
    )


# The queue's depth.


async def test_the_depth_is_counted_now_and_then_whoever_looks_how_often(
    registry, metrics
):
    backend = FakeBackend()
    engine = engine_for(Does(kind="mail"), backend=backend)
    await backend.enqueue(kind="foreign", payload={})

    async with working(engine, metrics=metrics):
        await until(lambda: Scrape.of(registry).value("queue_depth") == 1)
        for _ in range(50):
            Scrape.of(registry)

    assert backend.calls["queue_depth"] == 1


async def test_a_worker_that_nobody_measures_does_not_count_the_queue():
    backend = FakeBackend()
    engine = engine_for(backend=backend)
    engine.register_executor(Does())
    job_id = await engine.enqueue(kind="job")

    async with working(engine):
        await until_ended(engine, job_id)

    assert backend.calls["queue_depth"] == 0


async def test_an_unknown_depth_is_shown_as_such_until_it_is_known_again(
    registry, metrics, monkeypatch
):
    monkeypatch.setattr(PrometheusMetrics, "depth_every_s", 0.01)
    backend = FakeBackend()
    engine = engine_for(Does(kind="mail"), backend=backend)

    def depth():
        return Scrape.of(registry).value("queue_depth")

    assert math.isnan(depth())
    async with working(engine, metrics=metrics):
        await until(lambda: depth() == 0)
        backend.broken = {"queue_depth"}
        await until(lambda: math.isnan(depth()))
        backend.broken = set()
        await until(lambda: depth() == 0)


async def test_a_count_that_takes_long_is_taken_rarely():
    seen = []

    class Slow(WorkerMetrics):
        depth_every_s = 1.0

        def depth(self, queued):
            seen.append(queued)

    ticks = iter([10.0, 12.0])
    worker = worker_for(engine_for(Does()), metrics=Slow())
    shift = worker._shift(
        worker.engine.backend, worker.engine.log_sink, frozenset({"job"})
    )
    depth = Depth(replace(shift, clock=lambda: next(ticks)), Contact(30))

    assert await depth._count() == 2.0 * SHARE
    assert seen == [0]
