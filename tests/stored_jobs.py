"""Jobs in the tables, brought there by the SQL verbs on the caller's connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Self
from uuid import UUID, uuid4

from django.db import connections, transaction

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


@contextmanager
def undone() -> Iterator[None]:
    """Roll back what is done meanwhile: a transaction, or a savepoint within one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def elsewhere[R](call: Callable[..., R], *arguments: Any) -> R:
    """Return what ``call`` returns in another thread, on a connection of its own."""

    def there() -> R:
        try:
            return call(*arguments)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(there).result(timeout=30)


class Crowd:
    """Threads that act at one moment, each on a connection of its own that it keeps."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._threads = ThreadPoolExecutor(size)
        self._start = threading.Barrier(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.at_once(*[connections.close_all] * self._size)
        self._threads.shutdown()

    def at_once(self, *calls: Callable[[], Any]) -> None:
        """Make one call a thread; raise what one of them raises."""
        for ended in [self._threads.submit(self._call, call) for call in calls]:
            ended.result(timeout=60)

    def _call(self, call: Callable[[], Any]) -> None:
        # No thread gets two calls: each waits here for the others.
        self._start.wait(timeout=30)
        call()
