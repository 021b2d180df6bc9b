"""Writing down, once a minute, what a worker's runs came to."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from typing import Final

from pyjobkit_django.contracts import JobCount
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.shift import Shift

logger = logging.getLogger("pyjobkit.worker.counters")

#: A minute is written down so many seconds after its end at the latest: workers that all
#: write at the same moment would wait for each other.
SPREAD_S: Final = 3.0
#: Counts are added up to quarters of an hour at the least, so more often finds nothing.
ROLL_UP_INTERVAL_S: Final = 900.0


class CounterWriter:
    """Hands the backend the counts of each minute that is over, and has it roll up.

    The backend takes the same counts twice as once, so a write whose answer was lost
    is repeated.
    """

    def __init__(self, shift: Shift, contact: Contact) -> None:
        self.pulse = Pulse("counters", self._write, contact=contact)
        self._shift = shift
        self._roll_up_at = -math.inf

    @property
    def is_wanted(self) -> bool:
        """Tell whether the backend keeps counts."""
        return self._shift.backend.keeps_counts

    async def finish(self, within_s: float) -> None:
        """Write what is left, the minute under way as well, if that is done in time."""
        self.pulse.end()
        left = self._shift.tally.all()
        if not (self.is_wanted and left):
            return
        try:
            async with asyncio.timeout(within_s):
                await self._send(left)
        except Exception as error:  # noqa: BLE001 - whatever the backend's driver raises
            logger.warning(
                "last counts not written: %r", error, extra={"event": "worker.trouble"}
            )

    async def _write(self) -> float:
        ended = self._shift.tally.ended()
        if ended:
            await self._send(ended)
        await self._roll_up()
        spread_s = random.uniform(0.1, SPREAD_S)  # noqa: S311 - spreads load, keeps no secret
        return self._shift.tally.next_minute_s() + spread_s

    async def _roll_up(self) -> None:
        now = self._shift.clock()
        if now >= self._roll_up_at:
            await self._shift.backend.roll_up_counts()
            self._roll_up_at = now + ROLL_UP_INTERVAL_S

    async def _send(self, counts: list[JobCount]) -> None:
        await self._shift.backend.record_counts(self._shift.worker_id, counts)
        self._shift.tally.forget(counts)
