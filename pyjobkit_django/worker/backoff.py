"""Waits that grow while trouble lasts."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Seconds to wait: ``first_s``, then twice as long each time, up to ``longest_s``."""

    def __init__(
        self,
        first_s: float = 0.2,
        longest_s: float = 30.0,
        *,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.first_s = first_s
        self._longest_s = longest_s
        self._uniform = uniform
        self._next_s = first_s

    def next_s(self) -> float:
        """Return the next wait, spread so that workers do not come back all at once."""
        wait = self._next_s * self._uniform(0.8, 1.2)
        self._next_s = min(self._next_s * 2, self._longest_s)
        return wait

    def reset(self) -> None:
        """Start again with the shortest wait."""
        self._next_s = self.first_s
