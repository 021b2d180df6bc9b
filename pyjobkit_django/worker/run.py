"""One claimed job in a worker's hands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, Final

from pyjobkit_django.jobs import DEFAULT_TIMEOUT_S, ClaimedJob

#: How long a run that was stopped may take to end, in seconds.
PATIENCE_S: Final = 30.0


class Stop(StrEnum):
    """Why a worker stops a run."""

    TIMEOUT = "timeout"
    CANCEL = "cancel"
    LEASE_LOST = "lease_lost"
    RELEASE = "release"


class Run:
    """A run of one job, from the claim until its outcome is settled.

    ``lease_until`` is the moment, on the worker's monotonic clock, up to which the
    lease is certain.
    """

    __slots__ = (
        "_ended",
        "_patience",
        "_slot",
        "_task",
        "ended_at",
        "is_over",
        "job",
        "lease_until",
        "started_at",
        "stop_reason",
    )

    def __init__(self, job: ClaimedJob, lease_until: float) -> None:
        self.job = job
        self.lease_until = lease_until
        self.stop_reason: Stop | None = None
        self.started_at: float | None = None
        self.ended_at: float | None = None
        #: Whether it is known how it ends.
        self.is_over = False
        self._task: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[None] | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._slot: asyncio.Task[Any] | None = None

    @property
    def ran_s(self) -> float | None:
        """How long the executor ran; None where it did not."""
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at

    @property
    def duration_ms(self) -> float:
        """How long the executor ran."""
        return in_ms(self.ran_s)

    @property
    def is_dismissed(self) -> bool:
        """Tell whether the slot it runs in was cancelled under it."""
        return self._slot is not None and self._slot.cancelling() > 0

    async def perform(
        self, work: Coroutine[Any, Any, None], waits: Callable[[], None]
    ) -> bool:
        """Do ``work``; True once it has ended, False where it ignores being stopped.

        ``waits`` is called if the work does not end without waiting for something.

        It gets a task of its own: context variables that a job sets do not reach the
        next one, and a job that ignores being stopped can be left behind.
        """
        loop = asyncio.get_running_loop()
        self._slot = asyncio.current_task()
        self._task = asyncio.Task(work, loop=loop, eager_start=True)
        if self._task.done():
            return True
        waits()
        self._ended = loop.create_future()
        self._task.add_done_callback(self._wait_no_longer)
        if self.stop_reason is not None:
            self._cancel()
        timer = loop.call_later(_timeout_s(self.job), self.stop, Stop.TIMEOUT)
        try:
            await self._ended
        finally:
            timer.cancel()
            self.stop(Stop.RELEASE)
            if self._patience is not None:
                self._patience.cancel()
        return self._task.done()

    def stop(self, reason: Stop) -> None:
        """Have the run end soon; the first reason counts, and one that is over stays."""
        if self.is_over or self.stop_reason is not None:
            return
        self.stop_reason = reason
        self._cancel()

    def close(self) -> bool:
        """Note that the end is known; False where it was known before."""
        was_over, self.is_over = self.is_over, True
        return not was_over

    def _cancel(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        loop = self._task.get_loop()
        self._patience = loop.call_later(PATIENCE_S, self._wait_no_longer)

    def _wait_no_longer(self, _: object = None) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)


def in_ms(ran_s: float | None) -> float:
    """Return the milliseconds of a run, as logs and webhooks tell them."""
    return round((ran_s or 0.0) * 1000, 3)


def _timeout_s(job: ClaimedJob) -> float:
    given = job.timeout_s
    usable = isinstance(given, (int, float)) and given > 0
    return given if usable and given is not None else DEFAULT_TIMEOUT_S
