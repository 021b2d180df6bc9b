"""Chains whose workers are killed while a step ends and the next is about to be."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from django.db import connection

from pyjobkit_django import chain
from pyjobkit_django.models import Job, JobAttempt
from tests.acceptance.conftest import StartWorker
from tests.acceptance.doomed_workers import run_doomed_workers
from tests.acceptance.processes import Journal, until

CHAINS = 100 if connection.vendor == "postgresql" else 25
STEPS = 4
#: All of them on one database; what they show is the same on the others.
KILLS = 200 if connection.vendor == "postgresql" else 50


def start_chain(journal: Journal) -> UUID:
    payload = {"journal": str(journal.path)}
    return chain(
        *(
            {"kind": "note", "payload": {**payload, "n": n}, "max_attempts": 1_000}
            for n in range(STEPS)
        )
    )


def steps_of(head: UUID, followers: dict[UUID, Job]) -> list[Job]:
    """Return the jobs of a chain in their order."""
    steps = [Job.objects.get(pk=head)]
    while steps[-1].pk in followers:
        steps.append(followers[steps[-1].pk])
    return steps


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_step_is_lost_or_doubled_by_kills_around_the_settle(
    start_worker: StartWorker, journal: Journal
) -> None:
    heads = [start_chain(journal) for _ in range(CHAINS)]

    run_doomed_workers(journal, KILLS)
    last = start_worker("--lease-ttl", "2", "--poll-interval", "0.1")
    until(
        lambda: not Job.objects.exclude(status="success").exists(),
        what=f"the end of all chains\n{last.log.read_text()}",
    )

    kills = Counter(when for _, when in journal.lines("killed"))
    assert kills.total() == KILLS
    assert min(kills["before"], kills["during"], kills["after"]) >= KILLS // 20, kills
    # Every row but the heads has a parent of its own: no step stands there twice.
    jobs = Job.objects.exclude(parent=None)
    followers = {job.parent: job for job in jobs}
    assert len(followers) == len(jobs) == CHAINS * (STEPS - 1)
    for head in heads:
        steps = steps_of(head, followers)
        assert [job.result for job in steps] == [{"n": n} for n in range(STEPS)]
        assert [job.payload.get("previous_result") for job in steps] == [
            None,
            *({"n": n} for n in range(STEPS - 1)),
        ]
    assert_each_run_ended_once()


def assert_each_run_ended_once() -> None:
    """A claim and its end raise the version by one each, whoever wrote that end."""
    records = Counter(JobAttempt.objects.values_list("job_id", flat=True))
    for job in Job.objects.all():
        assert job.version % 2 == 0
        assert job.attempts == job.lost_runs + 1 == records[job.pk] + 1
