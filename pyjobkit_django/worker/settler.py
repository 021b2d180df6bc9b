"""How runs ended, on its way to the backend."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple
from uuid import UUID

from pyjobkit_django.jobs import Verb
from pyjobkit_django.outcomes import Outcome
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.decisions import failure_of
from pyjobkit_django.worker.hints import Hints
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.log_writer import LogWriter
from pyjobkit_django.worker.progress_writer import ProgressWriter
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.run import Run
from pyjobkit_django.worker.shift import Shift

logger = logging.getLogger("pyjobkit.worker.settler")

#: The most outcomes in one write.
MAX_BATCH: Final = 500
#: An outcome that fails alone is offered again after so many seconds, at first and at most.
ALONE_S: Final = (0.2, 30.0)
#: After so many failures alone, the job is failed if at least that can be written.
ALONE_TRIES: Final = 5


class Settlement(NamedTuple):
    """The outcome of a run, not yet settled."""

    run: Run
    outcome: Outcome


class Alone(NamedTuple):
    """A settlement that the backend could not write, held apart from the others."""

    settlement: Settlement
    tries: int
    due: float


class Settler:
    """Offers outcomes to the backend until it accepts or refuses each of them.

    Whatever gathered during one write goes out in the next. The log lines and the
    progress of a run are written before its outcome.
    """

    def __init__(
        self,
        shift: Shift,
        in_flight: InFlight,
        hints: Hints,
        writers: tuple[LogWriter, ProgressWriter],
        contact: Contact,
    ) -> None:
        self.pulse = Pulse("settler", self._settle, contact=contact)
        #: Called with the seconds for which a job was put off.
        self.when_put_off: Callable[[float], None] = hints.scheduled
        self._shift = shift
        self._in_flight = in_flight
        self._hints = hints
        self._logs, self._progress = writers
        self._contact = contact
        self._fresh: dict[UUID, Settlement] = {}
        self._alone: dict[UUID, Alone] = {}
        self._parts: list[list[Settlement]] = []

    def add(self, run: Run, outcome: Outcome) -> None:
        """Take the outcome of a run."""
        settlement = Settlement(run, outcome)
        older = self._fresh.setdefault(run.job.id, settlement)
        if older is not settlement:
            self._refuse(older)
            self._fresh[run.job.id] = settlement
        if self._alone and run.job.id in self._alone:
            self._refuse(self._alone.pop(run.job.id).settlement)
        if len(self._fresh) == 1:
            self.pulse.wake()

    async def finish(self, within_s: float | None) -> None:
        """Settle all that is left, as far as some seconds suffice."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self.pulse.until(lambda: not self._pending)
        if self._pending:
            logger.error(
                "outcomes not settled; their jobs run again once their leases end",
                extra={"event": "worker.unsettled", "job_ids": self._pending},
            )

    @property
    def _pending(self) -> list[str]:
        parts = [str(each.run.job.id) for part in self._parts for each in part]
        return [*map(str, self._fresh), *map(str, self._alone), *parts]

    async def _settle(self) -> float:
        self._parts = [*self._due_alone(), *self._next_batch()]
        if not self._parts:
            return self._alone_due_s()
        try:
            await self._write_before()
            while self._parts:
                await self._offer(self._parts[-1])
        finally:
            self._put_back()
        return 0.0

    async def _write_before(self) -> None:
        if not (self._logs.holds_any or self._progress.holds_any):
            return
        ids = {each.run.job.id for part in self._parts for each in part}
        await asyncio.gather(self._logs.flush(), self._progress.flush(ids))

    async def _offer(self, part: list[Settlement]) -> None:
        sent = self._shift.clock()
        try:
            accepted = await self._shift.backend.settle([each.outcome for each in part])
        except Exception as error:
            if await self._contact.explains(error):
                # No outcome is to blame.
                raise
            self._parts.pop()
            if len(part) > 1:
                middle = len(part) // 2
                self._parts += [part[middle:], part[:middle]]
            else:
                await self._hold_apart(part[0], error)
        else:
            self._parts.pop()
            self._contact.made()
            took_s = self._shift.clock() - sent
            self._shift.metrics.batch_settled(len(part), took_s=took_s)
            self._close(part, accepted)

    async def _hold_apart(self, settlement: Settlement, error: Exception) -> None:
        job = settlement.run.job
        tries = self._alone[job.id].tries + 1 if job.id in self._alone else 1
        logger.warning(
            "outcome not written: %r",
            error,
            extra={"event": "job.unwritten", "job_id": job.id, "tries": tries},
        )
        first_s, longest_s = ALONE_S
        pause_s = min(first_s * 2 ** min(tries - 1, 16), longest_s)
        due = self._shift.clock() + pause_s
        self._alone[job.id] = Alone(settlement, tries, due)
        if tries >= ALONE_TRIES:
            await self._settle_as_failed(settlement.run, error)

    async def _settle_as_failed(self, run: Run, error: Exception) -> None:
        plain = Outcome.failed(run.job, failure_of(error, "unwritable_outcome"))
        try:
            accepted = await self._shift.backend.settle([plain])
        except Exception:  # noqa: BLE001 - then it was not the outcome's fault
            return
        self._close([Settlement(run, plain)], accepted)

    def _close(self, part: list[Settlement], accepted: frozenset[UUID]) -> None:
        for settlement in part:
            run, outcome = settlement
            if self._alone:
                self._alone.pop(run.job.id, None)
            if outcome.job_id not in accepted:
                self._refuse(settlement)
                continue
            self._in_flight.done += 1
            self._in_flight.drop(run)
            self._shift.journal.settled(run, outcome)
            if outcome.verb is not Verb.FINISH or outcome.follow_ups:
                self._pass_on(outcome)

    def _refuse(self, settlement: Settlement) -> None:
        self._in_flight.drop(settlement.run)
        self._shift.journal.refused(*settlement)

    def _pass_on(self, outcome: Outcome) -> None:
        if outcome.delay_s > 0:
            self._hints.scheduled(outcome.delay_s)
            self.when_put_off(outcome.delay_s)
        else:
            self._hints.queued()

    def _next_batch(self) -> list[list[Settlement]]:
        if len(self._fresh) <= MAX_BATCH:
            batch, self._fresh = list(self._fresh.values()), {}
        else:
            batch = [
                self._fresh.pop(job_id) for job_id in list(self._fresh)[:MAX_BATCH]
            ]
        return [batch] if batch else []

    def _due_alone(self) -> list[list[Settlement]]:
        if not self._alone:
            return []
        now = self._shift.clock()
        return [[each.settlement] for each in self._alone.values() if each.due <= now]

    def _alone_due_s(self) -> float:
        due = min((each.due for each in self._alone.values()), default=math.inf)
        return max(0.0, due - self._shift.clock())

    def _put_back(self) -> None:
        alone = {id(each.settlement) for each in self._alone.values()}
        for part in self._parts:
            for settlement in part:
                if id(settlement) not in alone:
                    self._fresh.setdefault(settlement.run.job.id, settlement)
        self._parts = []
