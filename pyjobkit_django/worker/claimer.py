"""Taking jobs from the queue."""

from __future__ import annotations

import asyncio
import math

from pyjobkit_django.worker.channel import Channel
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.poll_pace import PollPace
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.run import Run
from pyjobkit_django.worker.shift import Shift
from pyjobkit_django.worker.slots import Slots
from pyjobkit_django.worker.throttle import Share, Throttle


class Claimer:
    """Claims jobs for the slots that are free, and only for those."""

    def __init__(
        self,
        shift: Shift,
        slots: Slots,
        in_flight: InFlight,
        channel: Channel,
        contact: Contact,
    ) -> None:
        self.pulse = Pulse("claimer", self._claim, contact=contact)
        self._shift = shift
        self._slots = slots
        self._in_flight = in_flight
        self._channel = channel
        self._contact = contact
        self._throttle = Throttle(
            shift.kinds, shift.options.rate_limits, clock=shift.clock
        )
        self._pace = PollPace(shift.options.poll_interval)
        self._starved = False
        self._one_suspect = False
        self._asked = self._looked_at = 0
        self._found = 0
        self._answered = asyncio.Event()
        #: How many jobs were claimed in all.
        self.claimed = 0
        #: Whether the last look left out kinds that may not start a job yet.
        self.left_out_kinds = False
        in_flight.when_room(self._wake_if_held_up)

    def wake(self) -> None:
        """Look again: there may be jobs."""
        self._asked += 1
        self._answered.clear()
        self.pulse.wake()

    async def finds_nothing(self) -> bool:
        """Look, and return whether there was no job to claim."""
        self.wake()
        await self._answered.wait()
        return not self._found

    def throttled_s(self) -> float:
        """Return in how many seconds kinds that are left out may start a job."""
        return self._throttle.wait_s()

    async def _claim(self) -> float:
        asked = self._asked
        pause_s = await self._claim_shares()
        if not self._starved:
            self._looked_at = asked
        if asked == self._asked:
            self._answered.set()
        return pause_s

    async def _claim_shares(self) -> float:
        self._starved = self._one_suspect = False
        self._found, more = 0, False
        shares = self._throttle.shares()
        self.left_out_kinds = len(shares) < self._throttle.groups
        for share in shares:
            limit = self._limit(share)
            if not limit:
                self._starved = True
                return math.inf
            count = await self._claim_share(share, limit)
            self._found += count
            more |= count >= limit
        return 0.0 if more else self._pause_s()

    def _limit(self, share: Share) -> int:
        return int(min(self._in_flight.room, self._shift.options.batch, share.allowed))

    async def _claim_share(self, share: Share, limit: int) -> int:
        sent = self._shift.clock()
        lease_until = sent + self._shift.options.lease_ttl
        with_suspect = self._probation_s() <= 0
        request = self._shift.claim_request(
            limit,
            share.kinds,
            with_suspect=with_suspect,
            afresh=self._asked > self._looked_at,
        )
        jobs = await self._shift.backend.claim(request)
        self._contact.made()
        self.claimed += len(jobs)
        self._shift.metrics.claimed(len(jobs), took_s=self._shift.clock() - sent)
        self._throttle.started(share.kinds, len(jobs))
        self._one_suspect |= not with_suspect or any(job.lost_runs for job in jobs)
        for job in jobs:
            self._slots.offer(Run(job, lease_until))
        return len(jobs)

    def _pause_s(self) -> float:
        poll_s = self._pace.pause_s(found=self._found > 0, hinted=self._channel.healthy)
        probation_s = self._probation_s()
        return min(poll_s, self._throttle.wait_s(), probation_s or math.inf)

    def _probation_s(self) -> float:
        ttl_s = self._shift.options.lease_ttl
        return self._in_flight.probation_s(ttl_s, self._shift.clock())

    def _wake_if_held_up(self) -> None:
        # The next suspect may have been left in the queue for the one that has ended.
        if self._starved or (self._one_suspect and self._probation_s() <= 0):
            self.pulse.wake()
