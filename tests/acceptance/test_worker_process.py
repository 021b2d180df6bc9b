"""Real worker processes on a real database: signals, kills, crowds."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from pyjobkit_django import cancel, enqueue, enqueue_many, get_job
from pyjobkit_django.models import Job, JobAttempt, JobLog, WorkerRecord
from pyjobkit_django.worker.in_flight import BACKLOG
from tests.acceptance.conftest import StartWorker
from tests.acceptance.processes import Journal, each, until

#: All of them on one database; a lock on the whole of it makes each one slow.
CROWD = 2_000 if connection.vendor == "postgresql" else 500
SHORT_LEASE = ("--lease-ttl", "2", "--poll-interval", "0.1")


def status_of(job_id: UUID) -> str:
    return get_job(job_id)["status"]


def is_final(job_id: UUID) -> bool:
    return get_job(job_id)["finished_at"] is not None


def test_once_works_everything_off_and_waits_for_retries_and_near_schedules(
    start_worker: StartWorker, journal: Journal
) -> None:
    payload = {"journal": str(journal.path)}
    flaky = enqueue(
        "flaky", {**payload, "failures": 2}, retry_policy="fixed:0.2", max_attempts=3
    )
    soon = datetime.now(UTC) + timedelta(seconds=1)  # noqa: TID251 - soon, by any clock
    scheduled = enqueue("note", {**payload, "n": 1}, scheduled_for=soon)
    tomorrow = enqueue(
        "note", {**payload, "n": 2}, scheduled_for=soon + timedelta(days=1)
    )
    worker = start_worker("--once")
    assert worker.wait() == 0, worker.log.read_text()
    assert get_job(flaky)["result"] == {"attempt": 3}
    assert get_job(flaky)["attempts"] == 3
    assert JobAttempt.objects.filter(job_id=flaky).count() == 2
    assert status_of(scheduled) == "success"
    assert get_job(scheduled)["started_at"] >= soon
    assert status_of(tomorrow) == "scheduled"
    assert JobLog.objects.get(job_id=scheduled).lines[0][1:] == ["stdout", "noted 1"]
    assert WorkerRecord.objects.get().state == "stopped"


def test_sigterm_lets_running_jobs_end_and_starts_no_more(
    start_worker: StartWorker, journal: Journal
) -> None:
    gate = journal.path.with_name("gate")
    payload = {"journal": str(journal.path), "gate": str(gate)}
    running = enqueue("gate", payload)
    waiting = enqueue("gate", payload)
    worker = start_worker("--concurrency", "1")
    until(lambda: journal.lines("started"), what="the start of the first job")
    worker.signal(signal.SIGTERM)
    until(
        lambda: WorkerRecord.objects.filter(state="draining").exists(),
        what="the drain",
    )
    gate.touch()
    assert worker.wait() == 0, worker.log.read_text()
    assert status_of(running) == "success"
    assert status_of(waiting) == "queued"
    assert get_job(waiting)["attempts"] == 0


def test_a_second_sigterm_puts_running_jobs_back_at_once(
    start_worker: StartWorker, journal: Journal
) -> None:
    payload = {"journal": str(journal.path), "gate": str(journal.path) + ".never"}
    job_id = enqueue("gate", payload)
    worker = start_worker("--stop-timeout", "3600")
    until(lambda: journal.lines("started"), what="the start")
    worker.signal(signal.SIGTERM)
    until(
        lambda: WorkerRecord.objects.filter(state="draining").exists(),
        what="the drain",
    )
    worker.signal(signal.SIGINT)
    assert worker.wait() == 0, worker.log.read_text()
    assert status_of(job_id) == "queued"
    assert get_job(job_id)["attempts"] == 0


@pytest.mark.parametrize("kind", ["gate", "stuck", "deaf"])
def test_stop_timeout_is_a_bound(
    start_worker: StartWorker, journal: Journal, kind: str
) -> None:
    payload = {"journal": str(journal.path), "gate": str(journal.path) + ".never"}
    job_id = enqueue(kind, payload)
    worker = start_worker("--stop-timeout", "0.2")
    until(lambda: journal.lines("started"), what="the start")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0, worker.log.read_text()
    assert status_of(job_id) == "queued"
    assert get_job(job_id)["attempts"] == 0
    assert get_job(job_id)["lease_until"] is None


def test_after_kill_9_another_worker_finishes_the_job(
    start_worker: StartWorker, journal: Journal
) -> None:
    gate = journal.path.with_name("gate")
    job_id = enqueue("gate", {"journal": str(journal.path), "gate": str(gate)})
    first = start_worker(*SHORT_LEASE)
    until(lambda: journal.lines("started"), what="the first start")
    first.kill()
    second = start_worker(*SHORT_LEASE)
    until(lambda: len(journal.lines("started")) == 2, what="the second start")
    gate.touch()
    until(lambda: is_final(job_id), what="the end")
    record = get_job(job_id)
    assert record["status"] == "success"
    assert record["result"] == {"pid": second.pid}
    assert record["attempts"] == 2
    attempt = JobAttempt.objects.get(job_id=job_id)
    assert attempt.failure["error"] == "lease_expired"


def test_a_running_job_is_cancelled_from_another_process(
    start_worker: StartWorker, journal: Journal
) -> None:
    payload = {"journal": str(journal.path), "gate": str(journal.path) + ".never"}
    job_id = enqueue("gate", payload)
    start_worker()
    until(lambda: journal.lines("started"), what="the start")
    cancel(job_id)
    until(lambda: is_final(job_id), what="the end")
    assert status_of(job_id) == "cancelled"


def test_an_idle_worker_takes_a_job_that_was_enqueued_meanwhile(
    start_worker: StartWorker, journal: Journal
) -> None:
    start_worker("--poll-interval", "0.2")
    until(WorkerRecord.objects.exists, what="the first heartbeat")
    job_id = enqueue("note", {"journal": str(journal.path), "n": 1})
    until(lambda: is_final(job_id), what="the end")
    assert status_of(job_id) == "success"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_four_workers_run_a_crowd_of_jobs_once_each(
    start_worker: StartWorker, journal: Journal
) -> None:
    payload = {"journal": str(journal.path)}
    ids = enqueue_many(
        [{"kind": "note", "payload": {**payload, "n": n}} for n in range(CROWD)]
    )
    workers = [start_worker("--once", "--batch-size", "5") for _ in range(4)]
    assert [worker.wait() for worker in workers] == [0] * 4, list(each(workers))
    runs = Counter(line[1] for line in journal.lines("note"))
    assert set(runs) == {str(job_id) for job_id in ids}
    assert set(runs.values()) == {1}
    done = Job.objects.filter(status="success", attempts=1, version=2)
    assert done.count() == CROWD


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_poison_job_ends_failed_and_takes_no_neighbour_with_it(
    start_worker: StartWorker, journal: Journal
) -> None:
    payload = {"journal": str(journal.path)}
    neighbours = [
        {"kind": "note", "payload": {**payload, "n": n, "for_s": 0.05}}
        for n in range(99)
    ]
    (poison, *others) = enqueue_many(
        [{"kind": "poison", "payload": payload, "max_attempts": 3}, *neighbours]
    )
    workers = [start_worker(*SHORT_LEASE)]

    def all_ended() -> bool:
        if workers[-1].ended:
            workers.append(start_worker(*SHORT_LEASE))
        return not Job.objects.filter(finished_at=None).exists()

    until(all_ended, what="the end of all jobs")
    record = get_job(poison)
    assert record["status"] == "failed"
    assert record["result"]["error"] == "lease_expired"
    assert len(journal.lines("poison")) == 3
    assert Job.objects.filter(pk__in=others, status="success").count() == 99
    runs = Counter(line[1] for line in journal.lines("note"))
    assert len(runs) == 99
    # With its worker die the runs in its slots, and the ends that are not yet settled.
    lost = JobAttempt.objects.filter(job_id__in=others).count()
    assert sum(runs.values()) <= 99 + lost
    assert lost <= 3 * 8 * (1 + BACKLOG)
