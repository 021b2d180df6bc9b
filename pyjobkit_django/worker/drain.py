"""Emptying the slots, so that a worker can end."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from pyjobkit_django.worker.claimer import Claimer
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.run import Stop
from pyjobkit_django.worker.runner import Runner
from pyjobkit_django.worker.slots import Slots

logger = logging.getLogger("pyjobkit.worker.drain")

#: How long jobs that were stopped may take to clean up, in seconds.
GRACE_S: Final = 5.0


class Drain:
    """Waits for running jobs, then stops them, then leaves behind what will not stop."""

    def __init__(
        self, claimer: Claimer, slots: Slots, in_flight: InFlight, runner: Runner
    ) -> None:
        self._claimer = claimer
        self._slots = slots
        self._in_flight = in_flight
        self._runner = runner
        self._hurried = False
        self._patience: asyncio.Timeout | None = None

    async def empty_slots(self, patience_s: float | None) -> None:
        """Return once no job runs: after ``patience_s`` seconds they are stopped."""
        self._claimer.pulse.end()
        self._slots.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._hurried else patience_s) as patience:
                self._patience = patience
                await self._in_flight.vacated()
        self._patience = None
        for run in self._in_flight.unfinished():
            run.stop(Stop.RELEASE)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await self._claimer.pulse.over()
                await self._in_flight.vacated()
        self._leave_behind()

    def hurry(self) -> None:
        """Wait no longer for running jobs."""
        self._hurried = True
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())

    def _leave_behind(self) -> None:
        for run in self._in_flight.unfinished():
            logger.error(
                "job left behind: its executor ignores being cancelled",
                extra={
                    "event": "worker.left_behind",
                    "job_id": run.job.id,
                    "kind": run.job.kind,
                },
            )
            self._runner.give_back(run)
