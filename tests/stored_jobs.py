"""Jobs in the tables, brought there by the SQL verbs on the caller's connection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

from django.db import connections

from pyjobkit_django.contracts import ClaimRequest
from pyjobkit_django.jobs import ClaimedJob, JobSpec
from pyjobkit_django.models import Job


def queued(count: int = 1, **fields: Any) -> list[UUID]:
    """Store jobs; return their ids."""
    job = {"kind": "k", **fields}
    return Job.objects.enqueue([JobSpec.build(**job) for _ in range(count)])


def claimed(limit: int = 1, worker_id: UUID | None = None) -> list[ClaimedJob]:
    """Claim what is queued for a minute."""
    return Job.objects.claim(
        ClaimRequest(worker_id=worker_id or uuid4(), limit=limit, ttl_s=60.0)
    )


def running(
    count: int = 1, worker_id: UUID | None = None, **fields: Any
) -> list[ClaimedJob]:
    """Store jobs and claim them."""
    queued(count, **fields)
    return claimed(count, worker_id)


def elsewhere[R](call: Callable[..., R], *arguments: Any) -> R:
    """Return what ``call`` returns in another thread, on a connection of its own."""

    def there() -> R:
        try:
            return call(*arguments)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(there).result(timeout=30)


def all_at_once(*calls: Callable[[], Any]) -> None:
    """Let each call begin at one moment, on a connection of its own; raise what one does."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=30)
            call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        for ended in [threads.submit(one, call) for call in calls]:
            ended.result(timeout=60)
