"""The progress of all running jobs, on its way to the backend."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection
from contextlib import suppress
from typing import Final
from uuid import UUID

from pyjobkit_django.contracts import ProgressUpdate, QueueBackend
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.pulse import Pulse

#: How long progress gathers before it is written, in seconds.
PAUSE_S: Final = 0.2
#: How long a settle may wait for the progress before it, in seconds.
PATIENCE_S: Final = 2.0


class ProgressWriter:
    """Writes the latest progress of each run, a few times a second for all of them."""

    def __init__(self, backend: QueueBackend, contact: Contact | None = None) -> None:
        self.pulse = Pulse("progress writer", self._write, contact=contact)
        self._backend = backend
        self._latest: dict[UUID, ProgressUpdate] = {}
        self._under_way: dict[UUID, ProgressUpdate] = {}

    @property
    def holds_any(self) -> bool:
        """Tell whether there is progress that is not written yet."""
        return bool(self._latest or self._under_way)

    def record(self, update: ProgressUpdate) -> None:
        """Take the progress of a run in place of what it said before."""
        self._latest[update.job_id] = update
        self.pulse.wake(within_s=PAUSE_S)

    async def flush(self, job_ids: Collection[UUID]) -> None:
        """Return once the progress of these jobs is written, or cannot be for now."""

        def settled() -> bool:
            pending = self._latest.keys() | self._under_way.keys()
            return pending.isdisjoint(job_ids) or self.pulse.failing

        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self.pulse.until(settled)

    async def _write(self) -> float:
        self._under_way, self._latest = self._latest, {}
        try:
            if self._under_way:
                await self._backend.record_progress(list(self._under_way.values()))
        except BaseException:
            self._latest = self._under_way | self._latest
            raise
        finally:
            self._under_way = {}
        return PAUSE_S if self._latest else math.inf
