"""Jobs that somebody wants stopped."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pyjobkit_django.worker.channel import Channel
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.hints import Hints
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.run import Stop
from pyjobkit_django.worker.shift import Shift

#: How often the backend is asked at most, in seconds.
SHORTEST_S: Final = 0.2


class Cancels:
    """Stops running jobs that are to be cancelled.

    The backend is asked about all of them every ``poll_interval``, or, while hints
    arrive, only about those that a hint names; the lease keeper learns of the rest.
    """

    def __init__(
        self,
        shift: Shift,
        in_flight: InFlight,
        channel: Channel,
        hints: Hints,
        contact: Contact,
    ) -> None:
        self.pulse = Pulse("cancel watch", self._look, contact=contact)
        self._shift = shift
        self._in_flight = in_flight
        self._channel = channel
        self._hinted: set[UUID] = set()
        hints.when_cancelled = self._hint

    def _hint(self, job_id: UUID) -> None:
        if self._in_flight.get(job_id):
            self._hinted.add(job_id)
            self.pulse.wake()

    async def _look(self) -> float:
        job_ids = {run.job.id for run in self._in_flight.unfinished()}
        if self._channel.healthy:
            job_ids &= self._hinted
        self._hinted.clear()
        if job_ids:
            asked = await self._shift.backend.cancel_requests(job_ids)
            for job_id in asked & job_ids:
                run = self._in_flight.get(job_id)
                if run:
                    run.stop(Stop.CANCEL)
        return max(self._shift.options.poll_interval, SHORTEST_S)
