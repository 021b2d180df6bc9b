"""The one loop that every part of a worker is made of."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable

from pyjobkit_django.worker.backoff import Backoff
from pyjobkit_django.worker.contact import Contact

logger = logging.getLogger("pyjobkit.worker.pulse")


class Pulse:
    """Takes a step again and again: once the pause it asked for is over, or when woken.

    ``step`` returns the seconds until the next one. Where it raises, it is taken again
    after a growing pause, with one line in the log each time; nothing leaves the loop.
    Failures that ``contact`` explains are told by whoever watches for the backend.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[float]],
        *,
        backoff: Backoff | None = None,
        contact: Contact | None = None,
    ) -> None:
        """Ask ``contact`` about each step that fails."""
        self.name = name
        #: Whether the last step failed.
        self.failing = False
        self._running = False
        self._ending = False
        self._step = step
        self._backoff = backoff or Backoff()
        self._contact = contact
        self._due = math.inf
        self._stirred = asyncio.Event()
        self._stepped = asyncio.Event()

    def wake(self, within_s: float = 0.0) -> None:
        """Take the next step in at most ``within_s`` seconds."""
        due = time.monotonic() + within_s
        if due < self._due:
            self._due = due
            self._stirred.set()

    def end(self) -> None:
        """Take no step after the one under way."""
        self._ending = True
        self._stirred.set()

    async def run(self) -> None:
        """Take steps until cancelled, or until ``end``."""
        self._running = True
        try:
            while not self._ending:
                await self._pause(await self._take_step())
        finally:
            self._running = False
            self._tell()

    async def until(self, done: Callable[[], bool]) -> None:
        """Return once ``done()``, taking the steps here where the loop no longer runs."""
        while not done():
            if self._running:
                self.wake()
                await self._stepped.wait()
            else:
                await self._take_step()
                await asyncio.sleep(self._backoff.first_s if self.failing else 0)

    async def stepped(self) -> None:
        """Return after the next step, or the end."""
        await self._stepped.wait()

    async def over(self) -> None:
        """Return once the loop has ended."""
        while self._running:
            await self._stepped.wait()

    async def _take_step(self) -> float:
        self._due = math.inf
        try:
            pause_s = await self._step()
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            return await self._failed(error)
        else:
            self.failing = False
            self._backoff.reset()
            return pause_s
        finally:
            self._tell()

    async def _failed(self, error: BaseException) -> float:
        first, self.failing = None if self.failing else error, True
        level = logging.WARNING
        if self._contact and await self._contact.explains(error):
            first, level = None, logging.DEBUG
        pause_s = self._backoff.next_s()
        fields = {
            "event": "worker.trouble",
            "loop": self.name,
            "retry_delay_s": pause_s,
        }
        text = "worker loop failed: %r"
        logger.log(level, text, error, extra=fields, exc_info=first)
        return pause_s

    async def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        if self.failing:
            # However often it is woken, a loop in trouble takes a breath first.
            await asyncio.sleep(min(seconds, self._backoff.first_s))
        waited = False
        while not self._ending:
            left = min(until, self._due) - time.monotonic()
            if left <= 0:
                break
            self._stirred.clear()
            await self._stir(None if left == math.inf else left)
            waited = True
        if not waited:
            await asyncio.sleep(0)

    async def _stir(self, within_s: float | None) -> None:
        if within_s is None:
            await self._stirred.wait()
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(within_s, self._stirred.set)
        try:
            await self._stirred.wait()
        finally:
            timer.cancel()

    def _tell(self) -> None:
        self._stepped.set()
        self._stepped.clear()


def _is_cancelled() -> bool:
    # A CancelledError may also come out of a future that somebody else has cancelled.
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
