"""A real worker process, looked at as Prometheus would."""

from __future__ import annotations

import re
from urllib.request import urlopen

import pytest

from pyjobkit_django import enqueue, enqueue_many
from pyjobkit_django.models import Job
from tests.acceptance.conftest import StartWorker
from tests.acceptance.processes import Journal, WorkerProcess, until
from tests.metrics.samples import Scrape

PORT = re.compile(r"metrics served .*port=(\d+)")


def scrape(worker: WorkerProcess) -> Scrape:
    """Return what the worker shows, at the port that its log names."""
    until(lambda: PORT.search(worker.log.read_text()), what="the port in the log")
    port = PORT.findall(worker.log.read_text())[0]
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        return Scrape(response.read().decode())


@pytest.mark.timeout(120)
def test_a_worker_shows_what_it_has_done_and_what_waits(
    start_worker: StartWorker, journal: Journal
) -> None:
    path = {"journal": str(journal.path)}
    enqueue_many([{"kind": "note", "payload": {**path, "n": n}} for n in range(5)])
    enqueue("gate", {**path, "gate": str(journal.path) + ".never"})
    enqueue("unknown", {})
    worker = start_worker("--metrics-port", "0", "--concurrency", "3")
    until(lambda: Job.objects.filter(status="success").count() == 5, what="the notes")
    until(lambda: scrape(worker).value("queue_depth") >= 1, what="the depth")

    seen = scrape(worker)

    assert seen.value("jobs_total", kind="note", outcome="success") == 5
    assert seen.value("job_run_seconds_count", kind="note") == 5
    assert seen.value("job_wait_seconds_count", kind="note") == 5
    assert seen.value("claimed_jobs_total") == 6
    assert (seen.value("slots"), seen.value("busy_slots")) == (3, 1)
    assert "process_resident_memory_bytes" in seen.families


def test_a_worker_that_cannot_serve_metrics_does_not_start(
    start_worker: StartWorker,
) -> None:
    first = start_worker("--metrics-port", "0")
    scrape(first)
    (port,) = PORT.findall(first.log.read_text())

    second = start_worker("--metrics-port", port, "--once")

    assert second.wait() == 1
    last = second.log.read_text().splitlines()[-1]
    assert f"metrics cannot be served on 127.0.0.1:{port}: " in last
