"""The jobs in a worker's hands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import UUID

from pyjobkit_django.worker.run import Run, Stop

#: How many outcomes per slot may wait to be settled before no more jobs are claimed.
BACKLOG: Final = 4


class InFlight:
    """All runs that are claimed and not yet settled, and the slots they occupy."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        #: How many slots hold a run or are promised to one.
        self.occupied = 0
        #: How many outcomes the backend has accepted.
        self.done = 0
        self._runs: dict[UUID, Run] = {}
        self._suspects: set[Run] = set()
        self._when_room: Callable[[], None] = _nothing
        self._vacated = asyncio.Event()
        self._emptied = asyncio.Event()
        self._vacated.set()
        self._emptied.set()

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def room(self) -> int:
        """How many jobs may be claimed now."""
        if len(self._runs) - self.occupied >= BACKLOG * self.slots:
            return 0
        return max(0, self.slots - self.occupied)

    def when_room(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` whenever there may be more room."""
        self._when_room = tell

    def take_in(self, run: Run) -> None:
        """Hold a run that was just claimed and promise it a slot."""
        older = self._runs.setdefault(run.job.id, run)
        if older is not run:
            older.stop(Stop.LEASE_LOST)
            self._runs[run.job.id] = run
        if run.job.lost_runs:
            self._suspects.add(run)
        if not self.occupied:
            self._vacated.clear()
        self.occupied += 1
        if len(self._runs) == 1:
            self._emptied.clear()

    def vacate(self) -> None:
        """Give a slot free."""
        self.occupied -= 1
        if not self.occupied:
            self._vacated.set()
        self._when_room()

    def drop(self, run: Run) -> None:
        """Let go of a run with which nothing is left to do."""
        latest = self._runs.pop(run.job.id, run)
        if latest is not run:
            self._runs[run.job.id] = latest
        self._suspects.discard(run)
        if not self._runs:
            self._emptied.set()
        self._when_room()

    def get(self, job_id: UUID) -> Run | None:
        """Return the run of a job, if it is here."""
        return self._runs.get(job_id)

    def all(self) -> list[Run]:
        """Return every run."""
        return list(self._runs.values())

    def probation_s(self, length_s: float, now: float) -> float:
        """Return for how many seconds more a suspect here must be the only one.

        A job that lost a run with its worker may have killed it; one that has run for
        ``length_s`` seconds has not done so again.
        """
        starts = [
            now if run.started_at is None else run.started_at
            for run in self._suspects
            if not run.is_over
        ]
        return max([0.0, *(start + length_s - now for start in starts)])

    def unfinished(self) -> list[Run]:
        """Return the runs of which it is not known how they end."""
        return [run for run in self._runs.values() if not run.is_over]

    async def vacated(self) -> None:
        """Return once every slot is free."""
        await self._vacated.wait()

    async def emptied(self) -> None:
        """Return once nothing is held."""
        await self._emptied.wait()


def _nothing() -> None:
    return None
