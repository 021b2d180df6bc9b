"""From a request of the site, through the database, to the worker that runs the job."""

from __future__ import annotations

import logging

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command

from pyjobkit_django import (
    achain,
    aenqueue,
    aenqueue_many,
    chain,
    enqueue,
    enqueue_many,
    registry,
)
from tests.marks import committed

GREET = {"kind": "shop.greet"}


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    ours = logging.getLogger("pyjobkit")
    before = ours.handlers, ours.level, ours.propagate
    monkeypatch.setattr(registry, "_registered", {})
    yield
    ours.handlers, ours.level, ours.propagate = before


def work():
    call_command(
        "pyjobkit_worker",
        *("--once", "--verbosity=0", "--executor=tests.shop.executors:Greet"),
    )


@pytest.mark.parametrize(
    ("store", "runs"),
    [
        (lambda: enqueue("shop.greet"), 1),
        (lambda: enqueue_many([GREET, GREET]), 2),
        (lambda: chain(GREET, GREET), 2),
        (lambda: async_to_sync(aenqueue)("shop.greet"), 1),
        (lambda: async_to_sync(aenqueue_many)([GREET, GREET]), 2),
        (lambda: async_to_sync(achain)(GREET, GREET), 2),
    ],
    ids=["enqueue", "enqueue_many", "chain", "aenqueue", "aenqueue_many", "achain"],
)
@committed
def test_the_runs_go_on_with_the_trace_of_the_request(trace, store, runs):
    with trace.begin("POST /orders") as request:
        store()

    work()

    enqueued = trace.one("pyjobkit.enqueue")
    assert enqueued.parent.span_id == request.context.span_id
    executed = trace.named("pyjobkit.execute")
    assert len(executed) == runs
    for run in executed:
        assert run.context.trace_id == request.context.trace_id
        assert run.parent.span_id == enqueued.context.span_id
        assert run.attributes["outcome"] == "success"


@committed
def test_a_job_of_no_request_runs_in_a_trace_of_its_own(trace):
    enqueue("shop.greet")

    work()

    run = trace.one("pyjobkit.execute")
    assert run.context.trace_id == trace.one("pyjobkit.enqueue").context.trace_id
