"""How long the queue is, for whoever measures the worker."""

from __future__ import annotations

from typing import Final

from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.shift import Shift

#: Counting takes at most one in so many seconds, however long the queue.
SHARE: Final = 50


class Depth:
    """Has the backend count the queue as often as the metrics want, or less often."""

    def __init__(self, shift: Shift, contact: Contact) -> None:
        self.pulse = Pulse("queue depth", self._count, contact=contact)
        self._shift = shift
        self._every_s = shift.metrics.depth_every_s or 0.0

    @property
    def is_wanted(self) -> bool:
        """Tell whether there is anybody to count for."""
        return self._every_s > 0

    async def _count(self) -> float:
        began = self._shift.clock()
        try:
            queued = await self._shift.backend.queue_depth()
        except Exception:
            self._shift.metrics.depth(None)
            raise
        self._shift.metrics.depth(queued)
        return max(self._every_s, (self._shift.clock() - began) * SHARE)
