"""DjangoBackend under test, on the database of the settings in force."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import batched
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connections

from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.models import Job, JobAttempt, WorkerRecord
from tests.conformance.probes import LONG_AGO, Attempt
from tests.conformance.stage import Stage


@asynccontextmanager
async def django_stage() -> AsyncIterator[Stage]:
    backend = DjangoBackend()
    yield Stage(backend, DjangoProbe())
    await backend.close()
    await _in_thread(connections.close_all)


class DjangoProbe:
    """Does with the ORM, on the thread of the backend's caller, what no verb does."""

    async def expire_lease(self, *job_ids: UUID) -> None:
        await self._update(job_ids, lease_until=LONG_AGO)

    async def make_due(self, *job_ids: UUID) -> None:
        await self._update(job_ids, scheduled_for=LONG_AGO)

    async def end_long_ago(self, *job_ids: UUID) -> None:
        await self._update(job_ids, finished_at=LONG_AGO)

    async def attempts(self, job_id: UUID) -> list[Attempt]:
        return await _in_thread(lambda: self._attempts(job_id))

    async def count(self) -> int:
        return await _in_thread(Job.objects.count)

    async def worker_states(self) -> dict[UUID, str]:
        rows = WorkerRecord.objects.values_list("id", "state")
        return await _in_thread(lambda: dict(rows))

    def _attempts(self, job_id: UUID) -> list[Attempt]:
        return [
            Attempt(
                version=row.version,
                attempt=row.attempt,
                worker_id=row.worker_id,
                started_at=row.started_at,
                finished_at=row.finished_at,
                failure=row.failure,
                traceback=row.traceback,
            )
            for row in JobAttempt.objects.filter(job_id=job_id).order_by("version")
        ]

    async def _update(self, job_ids: tuple[UUID, ...], **fields: Any) -> None:
        def update() -> None:
            # SQLite bounds the number of parameters of a statement.
            for some in batched(job_ids, 500):
                Job.objects.filter(pk__in=some).update(**fields)

        await _in_thread(update)


async def _in_thread(call: Callable[[], Any]) -> Any:
    return await sync_to_async(call, thread_sensitive=True)()
