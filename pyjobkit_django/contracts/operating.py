"""The verbs of a backend by which people look after jobs."""

from __future__ import annotations

from abc import ABC
from collections.abc import Collection
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from pyjobkit_django.errors import UnsupportedError
from pyjobkit_django.jobs import FINAL, JobStatus


class OperatingVerbs(ABC):  # noqa: B024 - a part of QueueBackend; each verb may be left out
    """What a backend may leave out; ``supports_operating`` tells whether it does."""

    supports_operating: ClassVar[bool] = False

    async def requeue(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        """Queue ended jobs again; return the ids of those that could be."""
        raise UnsupportedError(f"{type(self).__name__} cannot requeue jobs")

    async def run_now(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        """Queue scheduled jobs before their time; return the ids of those that could be."""
        raise UnsupportedError(
            f"{type(self).__name__} cannot run jobs before their time"
        )

    async def delete(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        """Delete ended jobs with all that belongs to them; return which had ended."""
        raise UnsupportedError(f"{type(self).__name__} cannot delete jobs")

    async def ask_to_drain(self, worker_id: UUID) -> bool:
        """Have a worker end at its next sign of life; return whether there is such a one."""
        raise UnsupportedError(f"{type(self).__name__} cannot ask workers to drain")

    async def purge_finished(
        self,
        *,
        older_than: timedelta | None = None,
        statuses: Collection[JobStatus] = tuple(FINAL),
    ) -> int:
        """Delete ended jobs with all that belongs to them; return how many."""
        raise UnsupportedError(f"{type(self).__name__} cannot purge jobs")
