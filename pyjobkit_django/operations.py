"""What people do to jobs that are there: the part of an Engine that operators use."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from pyjobkit_django.contracts import QueueBackend
from pyjobkit_django.errors import InvalidMoveError
from pyjobkit_django.ids import job_id_of
from pyjobkit_django.jobs import FINAL, JobStatus


class Operations:
    """Cancel, requeue, run at once and delete, by an id or its text; each names why not."""

    backend: QueueBackend

    async def cancel(self, job_id: UUID | str) -> None:
        """Cancel a waiting job, ask a running one to stop; an ended one stays as it is."""
        await self.backend.cancel(job_id_of(job_id))

    async def requeue(self, job_id: UUID | str) -> None:
        """Queue a failed, timed out or cancelled job again; else InvalidMoveError."""
        key = job_id_of(job_id)
        if key not in await self.backend.requeue([key]):
            raise await self._refused(key, InvalidMoveError.REQUEUED)

    async def run_now(self, job_id: UUID | str) -> None:
        """Queue a scheduled job before its time; else InvalidMoveError."""
        key = job_id_of(job_id)
        if key not in await self.backend.run_now([key]):
            raise await self._refused(key, InvalidMoveError.RUN_NOW)

    async def delete(self, job_id: UUID | str) -> None:
        """Delete an ended job with its attempts and log; else InvalidMoveError."""
        key = job_id_of(job_id)
        if key not in await self.backend.delete([key]):
            raise await self._refused(key, InvalidMoveError.DELETED)

    async def purge_finished(
        self,
        *,
        older_than: timedelta | None = None,
        statuses: Collection[JobStatus] = tuple(FINAL),
    ) -> int:
        """Delete ended jobs, all or those that ended ``older_than`` ago; return how many."""
        return await self.backend.purge_finished(
            older_than=older_than, statuses=statuses
        )

    async def _refused(self, job_id: UUID, rule: str) -> InvalidMoveError:
        return InvalidMoveError(
            job_id, (await self.backend.get(job_id))["status"], rule
        )
