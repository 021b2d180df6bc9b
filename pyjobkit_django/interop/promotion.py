"""Promoting scheduled jobs where no worker of ours does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pyjobkit_django.contracts import QueueBackend

#: The shortest and the longest time between two looks, in seconds.
SHORTEST_S: Final = 0.05
LONGEST_S: Final = 0.5


class Promotion:
    """Promotes what is due, as often as that can matter and no more."""

    def __init__(
        self, backend: QueueBackend, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._next_at = clock()

    async def catch_up(self) -> None:
        """Queue the scheduled jobs that are due, unless somebody just looked."""
        if self._clock() < self._next_at:
            return
        next_in_s = (await self._backend.promote()).next_in_s
        pause_s = LONGEST_S if next_in_s is None else max(next_in_s, SHORTEST_S)
        self._next_at = self._clock() + min(pause_s, LONGEST_S)
