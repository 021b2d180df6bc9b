"""Making scheduled jobs due."""

from __future__ import annotations

from typing import Final

from pyjobkit_django.worker.channel import Channel
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.hints import Hints
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.shift import Shift

#: The shortest sleep between two looks, in seconds.
SHORTEST_S: Final = 0.02
#: The longest one while hints tell of what is scheduled.
HINTED_S: Final = 60.0


class Promoter:
    """Promotes scheduled jobs when their time comes."""

    def __init__(
        self, shift: Shift, channel: Channel, hints: Hints, contact: Contact
    ) -> None:
        self.pulse = Pulse("promoter", self._promote, contact=contact)
        self._shift = shift
        self._channel = channel
        self._hints = hints
        self._contact = contact
        hints.when_scheduled = self.pulse.wake

    async def _promote(self) -> float:
        sweep = await self._shift.backend.promote()
        self._contact.made()
        if sweep.count:
            self._hints.queued()
        options = self._shift.options
        longest_s = HINTED_S if self._channel.healthy else options.poll_interval
        if sweep.next_in_s is None:
            return longest_s
        return min(max(sweep.next_in_s, SHORTEST_S), longest_s)
