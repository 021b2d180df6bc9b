"""Who listens in this process, and what they are told."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable, Collection
from datetime import datetime

from pyjobkit_django.backends.memory.job import StoredJob
from pyjobkit_django.contracts import Wakeup, WakeupKind
from pyjobkit_django.jobs import JobStatus


class Hints:
    """Passes each hint to all who listen at that moment."""

    def __init__(self) -> None:
        self._receivers: list[Callable[[Wakeup], None]] = []

    async def listen(self, receive: Callable[[Wakeup], None]) -> None:
        """Call ``receive`` with each hint until cancelled."""
        self._receivers.append(receive)
        try:
            await get_running_loop().create_future()
        finally:
            self._receivers.remove(receive)

    def send(self, kind: WakeupKind, value: object) -> None:
        """Tell all who listen."""
        for receive in tuple(self._receivers):
            receive(Wakeup(kind, str(value)))

    def announce(self, jobs: Collection[StoredJob], now: datetime) -> None:
        """Tell of each queue that some of ``jobs`` are in, and of the first one due."""
        if not self._receivers:
            return
        for queue in {job.spec.queue for job in jobs if job.status is JobStatus.QUEUED}:
            self.send(WakeupKind.QUEUED, queue)
        due = [job.scheduled_for for job in jobs if job.status is JobStatus.SCHEDULED]
        if due:
            seconds = (min(due) - now).total_seconds()
            self.send(WakeupKind.SCHEDULED, max(seconds, 0.0))
