"""Whether the backend can be reached, and since when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

#: How long the backend may take to say that it is there, in seconds.
ANSWER_S: Final = 3.0

type Check = Callable[[], Awaitable[None]]


async def _answer() -> None:
    return None


class Contact:
    """What a worker knows about outages of its backend.

    An outage is more than a quarter of a lease between two contacts with a failure in
    between: workers that are back a little later can still extend what they hold. Leases of jobs that are well looked after may have ended in it.

    The backend is *lost* from a failure that ``check`` confirmed until ``check``
    succeeds again.
    """

    def __init__(
        self,
        lease_ttl_s: float,
        check: Check = _answer,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        #: Whether the backend is out of reach.
        self.is_lost = False
        #: Called with the error that told of it, once for each time.
        self.when_lost: Callable[[BaseException], None] = _ignore
        self._lease_ttl_s = lease_ttl_s
        self._check = check
        self._clock = clock
        self._made_at = clock()
        self._missed = False
        self._over_at: float | None = None
        self._asking = asyncio.Lock()
        self._asked = 0

    @property
    def is_out(self) -> bool:
        """Tell whether an outage is under way."""
        return self._missed and self._clock() - self._made_at > self._lease_ttl_s / 4

    def made(self) -> None:
        """Note that the backend answered."""
        if self.is_out:
            self._over_at = self._clock()
        self._missed = False
        self._made_at = self._clock()

    def missed(self) -> None:
        """Note that the backend did not answer, or not well."""
        self._missed = True

    async def explains(self, error: BaseException) -> bool:
        """Note a failure; tell whether it came because the backend is out of reach."""
        self.missed()
        if not self.is_lost:
            await self._look_again(error)
        return self.is_lost

    async def returned(self) -> bool:
        """Ask the backend; tell whether it is in reach."""
        if not await self._answers():
            return False
        self.is_lost = False
        self.made()
        return True

    def grace_s(self) -> float:
        """Return for how many seconds more other workers may be late with their leases."""
        if self._over_at is None:
            return 0.0
        return max(0.0, self._over_at + self._lease_ttl_s - self._clock())

    async def _look_again(self, error: BaseException) -> None:
        # Every loop of a worker fails in the same moment: they share one question.
        asked = self._asked
        async with self._asking:
            if asked == self._asked and not await self._answers():
                self.is_lost = True
                self.when_lost(error)

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._check()
        except Exception:  # noqa: BLE001 - whatever the backend's driver raises
            return False
        else:
            return True
        finally:
            self._asked += 1


def _ignore(_: BaseException) -> None:
    return None
