"""The places in which jobs run."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
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
#: For how long, in seconds, jobs may follow one another before other loops have a turn.
BREATH_S: Final = 0.002


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
        self._waiting: deque[Run] = deque()
        self._idle: list[asyncio.Future[None]] = []
        self._closed = False
        self._breathe_at = shift.clock()

    def offer(self, run: Run) -> None:
        """Run a claimed job in the next free slot."""
        self._in_flight.take_in(run)
        if self._closed:
            self._give_back(run)
        else:
            self._waiting.append(run)
            if len(self._waiting) == 1:
                self._rouse()

    def close(self) -> None:
        """Start no more jobs; return those that wait for a slot to their queues."""
        self._closed = True
        while self._waiting:
            self._give_back(self._waiting.popleft())

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
        run = await self._next()
        try:
            if await run.perform(self._runner.run(run), self._rouse):
                if slot.is_tidy:
                    return True
                self._rouse()
                return await slot.tidy()
            # The loop holds tasks weakly, and one that is collected complains.
            self._abandoned_runs.append(run)
            await self._runner.abandon(run)
            return False
        finally:
            self._in_flight.vacate()

    async def _next(self) -> Run:
        """Return the next run; jobs that never wait are run by one slot, in one go."""
        now = self._shift.clock()
        if now >= self._breathe_at:
            await asyncio.sleep(0)
            self._breathe_at = self._shift.clock() + BREATH_S
        while not self._waiting:
            roused = asyncio.get_running_loop().create_future()
            self._idle.append(roused)
            try:
                await roused
            except asyncio.CancelledError:
                self._rouse()
                raise
        return self._waiting.popleft()

    def _rouse(self) -> None:
        """Have one more slot look for runs, if any wait."""
        while self._waiting and self._idle:
            roused = self._idle.pop()
            if not roused.done():
                roused.set_result(None)
                return

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
