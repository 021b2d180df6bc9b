"""Verbs on the same rows from several threads neither lock each other up nor go wrong."""

from __future__ import annotations

import random
from functools import partial
from uuid import uuid4

import pytest

from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.models.clock import seconds_from_now
from pyjobkit_django.outcomes import Failure, Outcome
from tests.marks import committed, on_servers
from tests.stored_jobs import Crowd, claimed, queued, running

pytestmark = [committed, on_servers]

ROUNDS = 100
BROKEN = Failure.of(ValueError("broken"))


@pytest.fixture
def four():
    with Crowd(4) as crowd:
        yield crowd


def shuffled(things):
    return random.sample(list(things), len(things))


def test_settle_extend_cancel_and_reap_of_the_same_rows_never_deadlock(four):
    """Each round four threads do to twelve running jobs what they can, in any order."""
    worker = uuid4()
    for _ in range(ROUNDS):
        jobs = running(12, worker, max_attempts=1_000)
        ids = [job.id for job in jobs]
        versions = {job.id: job.version for job in shuffled(jobs)}
        outcomes = [Outcome.retry(job, BROKEN, 0.0) for job in shuffled(jobs)]
        Job.objects.filter(pk__in=ids[:4]).update(lease_until=seconds_from_now(-1))

        four.at_once(
            partial(Job.objects.settle, outcomes[:8]),
            partial(Job.objects.extend, worker, versions, 60.0),
            partial(cancel_each, shuffled(ids)[:6]),
            Job.objects.reap,
        )

        assert set(statuses(ids)) <= {"queued", "running", "cancelled"}
        Job.objects.all().delete()


def test_claim_promote_and_requeue_of_the_same_rows_never_deadlock(four):
    for _ in range(ROUNDS // 2):
        ids = queued(12)
        Job.objects.filter(pk__in=ids[:4]).update(status="scheduled")
        Job.objects.filter(pk__in=ids[4:8]).update(
            status="failed", finished_at=seconds_from_now(-1)
        )

        four.at_once(
            partial(claimed, 8),
            partial(claimed, 8),
            Job.objects.promote,
            partial(Job.objects.requeue, shuffled(ids[4:8])),
        )

        assert set(statuses(ids)) <= {"queued", "running", "scheduled"}
        Job.objects.all().delete()


def test_settles_of_overlapping_batches_accept_each_end_once(four):
    for _ in range(20):
        jobs = running(20)
        accepted = []

        four.at_once(
            *[
                partial(settle_into, accepted, [Outcome.success(j, None) for j in part])
                for part in (jobs, jobs[::-1], shuffled(jobs), shuffled(jobs))
            ]
        )

        assert sorted(accepted) == sorted(job.id for job in jobs)
        assert set(statuses(accepted)) == {JobStatus.SUCCESS}


def settle_into(accepted, outcomes):
    accepted += Job.objects.settle(outcomes)


def cancel_each(ids):
    for job_id in ids:
        Job.objects.cancel(job_id)


def statuses(ids):
    return Job.objects.filter(pk__in=ids).values_list("status", flat=True)
