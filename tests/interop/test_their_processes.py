"""pyjobkit's Worker in real processes on one database: crowds and kills."""

from __future__ import annotations

from collections import Counter

import pytest

from pyjobkit_django import enqueue, enqueue_many, get_job
from pyjobkit_django.models import Job
from tests.acceptance.processes import each, until
from tests.interop.marks import against_pyjobkit, import_pyjobkit

import_pyjobkit()

pytestmark = [against_pyjobkit, pytest.mark.timeout(120)]


def test_four_of_its_workers_run_100_jobs_once_each(start_worker, journal):
    workers = [start_worker() for _ in range(4)]
    until(lambda: all(worker.is_ready for worker in workers), what="the start")
    jobs = [
        {"kind": "note", "payload": {"journal": str(journal.path), "n": n}}
        for n in range(100)
    ]
    ids = enqueue_many(jobs)

    until(
        lambda: not Job.objects.filter(finished_at=None).exists(),
        what=f"the end of all jobs {list(each(workers))}",
    )

    runs = Counter(line[1] for line in journal.lines("note"))
    assert set(runs) == {str(job_id) for job_id in ids}
    assert set(runs.values()) == {1}
    assert Job.objects.filter(status="success", attempts=1, version=2).count() == 100
    assert not any(worker.ended for worker in workers), list(each(workers))


def test_the_job_of_a_killed_worker_finishes_elsewhere(start_worker, journal):
    gate = journal.path.with_name("gate")
    job_id = enqueue("gate", {"journal": str(journal.path), "gate": str(gate)})
    victim = start_worker("--lease-ttl", "2")
    until(lambda: journal.lines("started"), what="the start of the job")

    victim.kill()
    heir = start_worker("--lease-ttl", "2")
    until(lambda: len(journal.lines("started")) == 2, what="the second start")
    gate.touch()
    until(lambda: get_job(job_id)["finished_at"], what="the end")

    record = get_job(job_id)
    assert (record["status"], record["attempts"]) == ("success", 2)
    assert record["result"] == {"pid": heir.pid}
    assert [line[2] for line in journal.lines("started")] == [
        str(victim.pid),
        str(heir.pid),
    ]
