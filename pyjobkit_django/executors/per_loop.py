"""What belongs to an event loop, such as connections, kept apart for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class PerLoop[T]:
    """One thing for each event loop, made when it is first needed there."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._kept: dict[asyncio.AbstractEventLoop, T] = {}

    def current(self) -> T:
        """Return the running loop's."""
        loop = asyncio.get_running_loop()
        if loop not in self._kept:
            self._forget_ended_loops()
            self._kept[loop] = self._make()
        return self._kept[loop]

    def taken(self) -> T | None:
        """Return the running loop's, if it was ever needed, and forget it."""
        return self._kept.pop(asyncio.get_running_loop(), None)

    def _forget_ended_loops(self) -> None:
        for loop in list(self._kept):
            if loop.is_closed():
                del self._kept[loop]
