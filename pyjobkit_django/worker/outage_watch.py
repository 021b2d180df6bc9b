"""Looking for the return of a backend that is out of reach."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final

from pyjobkit_django.worker.backoff import Backoff
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.shift import Shift

logger = logging.getLogger("pyjobkit.worker.outage")

#: How rarely the backend is asked during an outage, in seconds.
LONGEST_S: Final = 1.0


class OutageWatch:
    """Asks a backend that is out of reach again and again, and tells when it is back.

    One light question stands for all loops of the worker, whose own waits grow. The log
    gets a line when the outage begins, one at each step of a growing wait, and one when
    it is over.
    """

    def __init__(self, shift: Shift, contact: Contact) -> None:
        self.pulse = Pulse("outage watch", self._look)
        #: Called when the backend is in reach again.
        self.when_over: Callable[[], None] = _nothing
        self._shift = shift
        self._contact = contact
        self._asking = Backoff(longest_s=LONGEST_S)
        self._telling = Backoff(1.0)
        self._error: BaseException | None = None
        self._since = 0.0
        self._tell_at = 0.0
        contact.when_lost = self._begin

    def _begin(self, error: BaseException) -> None:
        self._error = error
        self._since = self._shift.clock()
        self._asking.reset()
        self._tell()
        self.pulse.wake(within_s=self._asking.next_s())

    async def _look(self) -> float:
        if not self._contact.is_lost:
            return math.inf
        if await self._contact.returned():
            self._end()
            return math.inf
        if self._shift.clock() >= self._tell_at:
            self._tell()
        return self._asking.next_s()

    def _end(self) -> None:
        self._telling.reset()
        logger.warning(
            "backend reached again",
            extra={"event": "worker.outage_over", "outage_s": self._lasted_s()},
        )
        self.when_over()

    def _tell(self) -> None:
        pause_s = self._telling.next_s()
        self._tell_at = self._shift.clock() + pause_s
        fields = {"event": "worker.outage", "outage_s": self._lasted_s()}
        logger.warning("backend out of reach: %r", self._error, extra=fields)

    def _lasted_s(self) -> float:
        return round(self._shift.clock() - self._since, 3)


def _nothing() -> None:
    return None
