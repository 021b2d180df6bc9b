"""From a request of the site, through the database, to the worker that runs the job."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import transaction
from django.http import JsonResponse
from django.test import AsyncClient, Client
from django.urls import path

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
    monkeypatch.setattr(registry, "_registered", {})


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


@pytest.fixture
def _shop(settings, trace):
    """Serve two views, each within a span such as OpenTelemetry's middleware begins."""

    def order(request):
        with trace.begin("POST /orders/"), transaction.atomic():
            return JsonResponse({"job": str(enqueue("shop.greet"))})

    async def order_async(request):
        with trace.begin("POST /orders/"):
            return JsonResponse({"job": str(await aenqueue("shop.greet"))})

    settings.MIDDLEWARE = []
    # A tuple: Django keeps resolvers by their URLs, which are therefore hashed.
    settings.ROOT_URLCONF = (path("orders/", order), path("async/", order_async))


@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize(
    "send",
    [
        lambda: Client().post("/orders/"),
        lambda: async_to_sync(AsyncClient().post)("/async/"),
    ],
    ids=["sync", "async"],
)
@committed
def test_a_run_descends_from_the_http_request_that_enqueued_its_job(trace, send):
    answer = send()

    work()

    request = trace.one("POST /orders/")
    enqueued = trace.one("pyjobkit.enqueue")
    run = trace.one("pyjobkit.execute")
    assert enqueued.parent.span_id == request.context.span_id
    assert run.parent.span_id == enqueued.context.span_id
    assert run.context.trace_id == request.context.trace_id
    assert run.attributes["job_id"] == answer.json()["job"]
