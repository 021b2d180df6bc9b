"""Working off what is there, and no more."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from pyjobkit_django.worker.claimer import Claimer
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.hints import Hints
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.settler import Settler
from pyjobkit_django.worker.shift import Shift

#: A job that falls due within so many seconds is waited for.
HORIZON_S: Final = 30.0
#: The backend's clock may be this much behind ours, in seconds.
LATE_S: Final = 1.0
#: The shortest pause before looking again, in seconds.
SHORTEST_S: Final = 0.05


class Once:
    """Ends the worker when nothing is left that is due, or soon will be."""

    def __init__(
        self,
        shift: Shift,
        claimer: Claimer,
        settler: Settler,
        in_flight: InFlight,
        hints: Hints,
        contact: Contact,
    ) -> None:
        self.pulse = Pulse("once", self._look, contact=contact)
        self._shift = shift
        self._claimer = claimer
        self._in_flight = in_flight
        self._hints = hints
        self._put_off_until = -math.inf
        self._backend_tells = False
        self.request_stop: Callable[[], None] = self.pulse.end
        settler.when_put_off = self._note

    async def _look(self) -> float:
        await self._in_flight.emptied()
        claimed = self._claimer.claimed
        if not await self._claimer.finds_nothing() or len(self._in_flight):
            return 0.0
        wait_s = await self._next_due_s()
        if wait_s > HORIZON_S:
            # While that was asked, a job may have fallen due and been claimed: then it was
            # neither due nor to come, and perhaps it has been put off since.
            await self._claimer.finds_nothing()
            if self._claimer.claimed != claimed:
                return 0.0
            self.request_stop()
            return math.inf
        self._hints.scheduled(wait_s)
        return max(wait_s, SHORTEST_S)

    async def _next_due_s(self) -> float:
        due_s = await self._shift.backend.next_due_s(self._shift.claim_request(1))
        if due_s is not None:
            self._backend_tells = True
            return due_s
        put_off_s = self._put_off_until - self._shift.clock()
        if put_off_s > -LATE_S and not self._backend_tells:
            return max(0.0, put_off_s)
        return self._claimer.throttled_s() if self._claimer.left_out_kinds else math.inf

    def _note(self, delay_s: float) -> None:
        if delay_s <= HORIZON_S:
            due = self._shift.clock() + delay_s
            self._put_off_until = max(self._put_off_until, due)
