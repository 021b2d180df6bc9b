"""Taking back what dead workers left."""

from __future__ import annotations

import logging
import random
from typing import Final

from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.hints import Hints
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.shift import Shift

logger = logging.getLogger("pyjobkit.worker.reaper")

#: The shortest sleep between two looks, in seconds.
SHORTEST_S: Final = 0.05
#: How much longer it may sleep than it must, as a share, and in seconds at most.
JITTER: Final = 0.1
JITTER_MAX_S: Final = 0.5


class Reaper:
    """Queues jobs again whose lease has ended.

    After an outage of the backend it waits for one lease: the leases of jobs that are
    well ended in it too, and their workers need the time to extend them.
    """

    def __init__(self, shift: Shift, hints: Hints, contact: Contact) -> None:
        self.pulse = Pulse("reaper", self._reap, contact=contact)
        self._shift = shift
        self._hints = hints
        self._contact = contact

    async def _reap(self) -> float:
        if self._contact.is_out:
            await self._contact.returned()
        grace_s = self._contact.grace_s()
        if grace_s > 0:
            return grace_s
        sweep = await self._shift.backend.reap()
        self._contact.made()
        if sweep.count:
            self._hints.queued()
            logger.warning(
                "jobs reaped",
                extra={
                    "event": "watchdog.reaped",
                    "worker_id": self._shift.worker_id,
                    "count": sweep.count,
                },
            )
        return self._pause_s(sweep.next_in_s)

    def _pause_s(self, next_in_s: float | None) -> float:
        pause_s = self._shift.options.reap_interval_s
        if next_in_s is not None:
            pause_s = min(pause_s, next_in_s)
        most_s = min(pause_s * JITTER, JITTER_MAX_S)
        jitter_s = random.uniform(0.0, most_s)  # noqa: S311 - spreads load, keeps no secret
        return max(SHORTEST_S, pause_s + jitter_s)
