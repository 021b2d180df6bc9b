"""Verbs whose rows move under their hands, as other workers move them."""

from __future__ import annotations

from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection

from pyjobkit_django.contracts import ClaimRequest
from pyjobkit_django.jobs import JobSpec
from pyjobkit_django.models import DatabaseNow, Job
from tests.marks import committed
from tests.stored_jobs import queued

pytestmark = committed


@contextmanager
def before(word, act):
    """Do something, as another connection may, before each statement with a word."""
    acting = []

    def step_in(execute, sql, params, many, context):
        if word in sql and not acting:
            acting.append(act)
            act()
            acting.pop()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(step_in):
        yield


def test_a_cancel_follows_a_job_that_moves():
    """It is claimed before the first look, and released before the second."""
    (job_id,) = queued()
    row = Job.objects.filter(pk=job_id)
    moves = iter(["running", "queued"])

    with before("UPDATE", lambda: row.update(status=next(moves, "queued"))):
        assert not Job.objects.cancel(job_id)

    assert row.get().status == "cancelled"


def test_a_cancel_of_a_job_that_never_stands_still_says_so():
    (job_id,) = queued()
    row = Job.objects.filter(pk=job_id)
    moves = iter(["running", "queued"] * 20)

    with (
        before("UPDATE", lambda: row.update(status=next(moves))),
        pytest.raises(RuntimeError, match=f"job {job_id} kept moving; cancel it again"),
    ):
        Job.objects.cancel(job_id)


def test_a_key_whose_holder_vanishes_is_given_to_the_new_job():
    """The holder is deleted between the insert, which it stops, and the look for it."""
    (holder,) = queued(unique_key="u")
    spec = JobSpec(kind="k", unique_key="u")

    with before("SELECT", Job.objects.filter(pk=holder).delete):
        assert Job.objects.enqueue([spec]) == [spec.id]

    assert Job.objects.get().pk == spec.id


def test_a_key_whose_holders_keep_vanishing_is_told():
    queued(unique_key="u")

    def replace():
        Job.objects.all().delete()
        Job.objects.bulk_create(
            [
                Job(
                    kind="k",
                    unique_key="u",
                    scheduled_for=DatabaseNow(),
                    created_at=DatabaseNow(),
                )
            ]
        )

    with (
        before("INSERT", replace),
        before("SELECT", Job.objects.all().delete),
        pytest.raises(DatabaseError, match="the holders of 1 keys kept vanishing"),
    ):
        Job.objects.enqueue([JobSpec(kind="k", unique_key="u")])


def test_a_claim_of_no_lanes_takes_nothing():
    queued()

    for lanes in ({"kinds": {"k"}, "queues": ()}, {"kinds": (), "queues": {"default"}}):
        chosen = {name: frozenset(names) for name, names in lanes.items()}
        request = ClaimRequest(worker_id=uuid4(), limit=5, ttl_s=60.0, **chosen)
        assert Job.objects.claim(request) == []
