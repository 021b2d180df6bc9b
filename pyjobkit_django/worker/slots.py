"""The places in which jobs run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from pyjobkit_django.contracts import Slot
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.run import Run
from pyjobkit_django.worker.runner import Runner
from pyjobkit_django.worker.shift import Shift

logger = logging.getLogger("pyjobkit.worker.slots")

#: A worker ends once it has abandoned so many slots for each that it has.
MAX_ABANDONED: Final = 2


class Slots:
    """``max_concurrency`` slots; in each stands at most one job at a time."""

    def __init__(
        self,
        shift: Shift,
        in_flight: InFlight,
        runner: Runner,
        give_up: Callable[[], None],
    ) -> None:
        """Call ``give_up`` when too many slots had to be abandoned."""
        self.pulses = [
            Pulse("slot", self._stand) for _ in range(shift.options.max_concurrency)
        ]
        #: How many slots were left because a job, or its thread, would not end.
        self.abandoned = 0
        self._abandoned_runs: list[Run] = []
        self._shift = shift
        self._in_flight = in_flight
        self._runner = runner
        self._give_up = give_up
        self._waiting: asyncio.Queue[Run] = asyncio.Queue()
        self._closed = False

    def offer(self, run: Run) -> None:
        """Run a claimed job in the next free slot."""
        self._in_flight.take_in(run)
        if self._closed:
            self._give_back(run)
        else:
            self._waiting.put_nowait(run)

    def close(self) -> None:
        """Start no more jobs; return those that wait for a slot to their queues."""
        self._closed = True
        while not self._waiting.empty():
            self._give_back(self._waiting.get_nowait())

    def _give_back(self, run: Run) -> None:
        self._runner.give_back(run)
        self._in_flight.vacate()

    async def _stand(self) -> float:
        async with self._shift.backend.slot() as slot:
            while await self._serve(slot):
                pass
        self._abandon()
        return 0.0

    async def _serve(self, slot: Slot) -> bool:
        run = await self._waiting.get()
        try:
            if await run.perform(self._runner.run(run)):
                return await slot.tidy()
            # The loop holds tasks weakly, and one that is collected complains.
            self._abandoned_runs.append(run)
            await self._runner.abandon(run)
            return False
        finally:
            self._in_flight.vacate()

    def _abandon(self) -> None:
        self.abandoned += 1
        logger.warning(
            "slot abandoned: something that its last job started goes on",
            extra={"event": "worker.slot_abandoned", "abandoned": self.abandoned},
        )
        if self.abandoned > MAX_ABANDONED * self._shift.options.max_concurrency:
            logger.error(
                "too many slots abandoned; the worker drains and ends",
                extra={"event": "worker.gives_up", "abandoned": self.abandoned},
            )
            self._give_up()
