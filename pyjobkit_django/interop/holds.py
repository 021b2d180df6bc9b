"""Which jobs a pyjobkit Worker has in hand, and at which version.

pyjobkit's ``retry`` and some of its ``fail`` calls name neither worker nor version. What
``claim_batch`` handed out is remembered, so that a Worker which lost a job cannot move it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from pyjobkit_django.contracts import ClaimedRow, QueueBackend
from pyjobkit_django.jobs import JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A job in a worker's hands.

    ``runs`` tells that the backend calls it running, ``begun`` that the Worker does: a
    job which waits for its rate limit is made to run early, to keep its lease.
    """

    worker_id: UUID
    version: int
    runs: bool = False
    begun: bool = False


class Holds:
    """The jobs that were handed out and not yet given back."""

    def __init__(self, backend: QueueBackend) -> None:
        self._backend = backend
        self._known: dict[UUID, Hold] = {}

    def hand_out(self, rows: Iterable[ClaimedRow], worker_id: UUID) -> None:
        """Note what a worker claimed."""
        for row in rows:
            self._known[row["id"]] = Hold(worker_id=worker_id, version=row["version"])

    async def of(self, job_id: UUID, version: int | None = None) -> Hold | None:
        """Return the hold on a job, read where it is not known at ``version``.

        None where nobody holds it. Raises JobNotFoundError, a KeyError.
        """
        known = self._known.get(job_id)
        if known is not None and version in (None, known.version):
            return known
        record = await self._backend.get(job_id)
        if record["leased_by"] is None:
            return None
        running = record["status"] is JobStatus.RUNNING
        return Hold(
            worker_id=record["leased_by"],
            version=record["version"],
            runs=running,
            begun=running,
        )

    async def start(self, job_id: UUID, hold: Hold) -> None:
        """Have the backend call the job running; OptimisticLockError where it may not."""
        if not hold.runs:
            await self._backend.mark_running(job_id, hold.worker_id)
            self._update(job_id, replace(hold, runs=True))

    async def begin(self, job_id: UUID, worker_id: UUID) -> None:
        """Note that the worker starts the job; OptimisticLockError where it may not."""
        known = self._known.get(job_id)
        if known is None or known.worker_id != worker_id:
            await self._backend.mark_running(job_id, worker_id)
            return
        await self.start(job_id, known)
        self._update(job_id, replace(known, runs=True, begun=True))

    def forget(self, job_id: UUID) -> None:
        """Note that the job is out of the worker's hands."""
        self._known.pop(job_id, None)

    def _update(self, job_id: UUID, hold: Hold) -> None:
        if job_id in self._known:
            self._known[job_id] = hold
