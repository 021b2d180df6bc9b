"""What a worker tells, as Prometheus wants it; needs prometheus-client."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from pyjobkit_django.metrics.observer import Load, WorkerMetrics

#: From milliseconds to an hour, since jobs take both.
JOB_SECONDS: Final = (0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600)
#: What one statement takes.
QUERY_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30)
BATCHES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
LEASES: Final = (5, 10, 15, 30, 60, 120, 300, 900)
#: Phases have names of their own up to so many; a name with a number in it would
#: otherwise fill the memory of Prometheus.
MAX_PHASES: Final = 200
OTHER_PHASES: Final = "other"
#: How often each worker counts the queue, in seconds.
DEPTH_EVERY_S: Final = 15.0
#: What pyjobkit 1.0 registers under the same names, without labels, when it is imported.
THEIRS: Final = (
    "extend_lease_conflicts",
    "extend_lease_latency",
    "lease_ttl_seconds",
    "phase_duration_seconds",
)


class PrometheusMetrics(WorkerMetrics):
    """Counts in a registry, by default that of the process; one for each registry."""

    depth_every_s = DEPTH_EVERY_S

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._registry = registry
        self._loads: list[Load] = []
        self._phases: set[str] = set()
        self._take_names_over()
        self._watch_jobs()
        self._watch_backend()
        self._watch_leases()
        self._watch_worker()

    @contextmanager
    def watching(self, load: Load) -> Iterator[None]:
        self._loads.append(load)
        try:
            yield
        finally:
            self._loads.remove(load)

    def claimed(self, count: int, *, took_s: float) -> None:
        self._claimed.inc(count)
        self._claim_latency.observe(took_s)

    def started(self, kind: str, *, waited_s: float | None) -> None:
        if waited_s is not None:
            self._wait.labels(kind).observe(waited_s)

    def settled(self, kind: str, outcome: str, *, ran_s: float | None) -> None:
        self._jobs.labels(kind, outcome).inc()
        if ran_s is not None:
            self._run.labels(kind).observe(ran_s)

    def refused(self, kind: str) -> None:
        self._refused.labels(kind).inc()

    def batch_settled(self, count: int, *, took_s: float) -> None:
        self._settle_batch.observe(count)
        self._settle_latency.observe(took_s)

    def extended(self, *, lost: int, ttl_s: float, took_s: float) -> None:
        self._extend_conflicts.inc(lost)
        self._extend_latency.observe(took_s)
        self._lease_ttl.observe(ttl_s)

    def lease_lost(self, kind: str) -> None:
        self._leases_lost.labels(kind).inc()

    def phase(self, kind: str, name: str, *, took_s: float) -> None:
        if len(self._phases) < MAX_PHASES:
            self._phases.add(name)
        shown = name if name in self._phases else OTHER_PHASES
        self._phase.labels(kind, shown).observe(took_s)

    def depth(self, queued: int | None) -> None:
        self._depth.set(math.nan if queued is None else queued)

    def _take_names_over(self) -> None:
        """Let go what pyjobkit counts in this process: it is our workers that run."""
        theirs = sys.modules.get("pyjobkit.metrics")
        for name in THEIRS if theirs and self._registry is REGISTRY else ():
            with suppress(KeyError):
                REGISTRY.unregister(getattr(theirs, name))

    def _watch_jobs(self) -> None:
        self._jobs = self._counter(
            "jobs", "Runs whose outcome the backend accepted.", "kind", "outcome"
        )
        self._refused = self._counter(
            "outcomes_refused", "Outcomes that came after the job had moved on.", "kind"
        )
        self._wait = self._histogram(
            "job_wait_seconds", "From when a job was due to its start.", "kind"
        )
        self._run = self._histogram(
            "job_run_seconds", "How long the executor ran.", "kind"
        )
        self._phase = self._histogram(
            "phase_duration_seconds",
            "Duration of the phases that ctx.profile_phase() times.",
            "kind",
            "phase",
        )

    def _watch_backend(self) -> None:
        self._claimed = self._counter("claimed_jobs", "Jobs that claims brought.")
        self._claim_latency = self._histogram(
            "claim_latency_seconds", "What a claim took.", buckets=QUERY_SECONDS
        )
        self._settle_batch = self._histogram(
            "settle_batch_size", "Outcomes in one write.", buckets=BATCHES
        )
        self._settle_latency = self._histogram(
            "settle_latency_seconds",
            "What a write of outcomes took.",
            buckets=QUERY_SECONDS,
        )
        self._depth = self._gauge(
            "queue_depth", "Queued jobs of all kinds, as last counted; NaN if unknown."
        )
        self._depth.set(math.nan)

    def _watch_leases(self) -> None:
        self._extend_conflicts = self._counter(
            "extend_lease_conflicts", "Leases that were lost when they were extended."
        )
        self._extend_latency = self._histogram(
            "extend_lease_latency_seconds",
            "What extending all leases took.",
            buckets=QUERY_SECONDS,
        )
        self._lease_ttl = self._histogram(
            "lease_ttl_seconds", "For how long leases were extended.", buckets=LEASES
        )
        self._leases_lost = self._counter(
            "leases_lost", "Runs that were stopped since their lease had ended.", "kind"
        )

    def _watch_worker(self) -> None:
        slots = self._gauge("slots", "How many jobs this process runs at most.")
        slots.set_function(lambda: sum(load.slots for load in self._loads.copy()))
        busy = self._gauge("busy_slots", "How many slots are taken.")
        busy.set_function(lambda: sum(load.occupied for load in self._loads.copy()))

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"pyjobkit_{name}", meaning, labels, registry=self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"pyjobkit_{name}", meaning, registry=self._registry)

    def _histogram(
        self,
        name: str,
        meaning: str,
        *labels: str,
        buckets: tuple[float, ...] = JOB_SECONDS,
    ) -> Histogram:
        return Histogram(
            f"pyjobkit_{name}",
            meaning,
            labels,
            registry=self._registry,
            buckets=buckets,
        )
