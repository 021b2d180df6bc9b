"""The right to run what is running."""

from __future__ import annotations

from typing import Final

from pyjobkit_django.contracts import LeaseReport
from pyjobkit_django.worker.backoff import Backoff
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.run import Run, Stop
from pyjobkit_django.worker.shift import Shift

#: Leases are extended so many times before they would end.
EXTENDS_PER_LEASE: Final = 3
#: How often, within one lease, is looked after leases that are busy or about to end.
LOOKS_PER_LEASE: Final = 10


class Leases:
    """Extends the leases of all jobs in hand and stops the runs that have lost theirs."""

    def __init__(self, shift: Shift, in_flight: InFlight, contact: Contact) -> None:
        self._shift = shift
        self._in_flight = in_flight
        self._contact = contact
        self._ttl_s = shift.options.lease_ttl
        self._look_s = self._ttl_s / LOOKS_PER_LEASE
        self.extending = Pulse(
            "lease keeper",
            self._extend,
            backoff=Backoff(min(0.2, self._look_s), self._look_s),
            contact=contact,
        )
        self.watching = Pulse("lease watch", self._watch)

    async def _extend(self) -> float:
        runs = {run.job.id: run for run in self._in_flight.all()}
        if not runs:
            return self._ttl_s / EXTENDS_PER_LEASE
        sent = self._shift.clock()
        report = await self._shift.backend.extend_leases(
            self._shift.worker_id,
            {job_id: run.job.version for job_id, run in runs.items()},
            self._ttl_s,
        )
        self._contact.made()
        self._shift.metrics.extended(
            lost=len(report.lost),
            ttl_s=self._ttl_s,
            took_s=self._shift.clock() - sent,
        )
        for run in runs.values():
            self._learn(run, report, sent)
        answered = report.extended | report.lost
        busy = any(job_id not in answered for job_id in runs)
        return self._look_s if busy else self._ttl_s / EXTENDS_PER_LEASE

    def _learn(self, run: Run, report: LeaseReport, sent: float) -> None:
        job_id = run.job.id
        if job_id in report.lost:
            run.stop(Stop.LEASE_LOST)
        elif job_id in report.extended:
            run.lease_until = sent + self._ttl_s
        if job_id in report.cancel_requested:
            run.stop(Stop.CANCEL)

    async def _watch(self) -> float:
        now = self._shift.clock()
        soonest = self._look_s
        for run in self._in_flight.unfinished():
            if run.started_at is None:
                # The runner looks at the lease before it starts a job.
                continue
            if run.lease_until <= now:
                run.stop(Stop.LEASE_LOST)
            else:
                soonest = min(soonest, run.lease_until - now)
        return soonest
