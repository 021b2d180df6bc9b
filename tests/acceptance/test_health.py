"""The health of real workers, as a monitor sees it."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from pyjobkit_django import enqueue
from pyjobkit_django.monitor.health import findings
from tests.acceptance.conftest import StartWorker
from tests.acceptance.processes import Journal, until

LEASE_S = 1.0


def names() -> set[str]:
    return {finding.name for finding in findings(max_wait_s=3)}


@pytest.mark.slow
def test_it_turns_red_while_a_worker_hangs_though_its_process_lives(
    start_worker: StartWorker, journal: Journal, settings: Any
) -> None:
    settings.PYJOBKIT = {**settings.PYJOBKIT, "LEASE_TTL": LEASE_S}
    assert names() == {"no_worker"}
    worker = start_worker("--lease-ttl", str(LEASE_S), "--concurrency", "1")
    until(lambda: not names(), what="the worker's first sign of life")

    worker.signal(signal.SIGSTOP)
    enqueue("note", {"journal": str(journal.path), "n": 1})
    # The database may have been at work on a claim that the worker had sent before.
    left = ({"no_worker", "unserved"}, {"no_worker", "not_reaped"})
    until(lambda: names() in left, what="a red light")
    worker.signal(signal.SIGCONT)
    until(lambda: not names(), what="a green light")

    gate = {"journal": str(journal.path), "gate": str(journal.path) + ".gate"}
    enqueue("gate", gate)
    until(lambda: journal.lines("started"), what="the start of a long job")
    enqueue("gate", gate)
    until(lambda: names() == {"waiting"}, what="a job that waits too long")
