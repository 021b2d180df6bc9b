"""How long a worker waits before it looks for jobs again, where nothing wakes it."""

from __future__ import annotations

import random
from typing import Final

#: How much longer the pause grows with each look that finds nothing, and how long at most.
GROWTH: Final = 1.5
QUIET_FACTOR: Final = 4
#: How much longer it is while hints arrive, and how long at most, in seconds.
HINTED_FACTOR: Final = 60
HINTED_MAX_S: Final = 30.0


class PollPace:
    """Paces the looks of one claimer, ``poll_interval`` seconds apart at the least."""

    def __init__(self, poll_interval: float) -> None:
        self._poll_s = poll_interval
        self._factor = 1.0

    def pause_s(self, *, found: bool, hinted: bool) -> float:
        """Return how long to wait after a look; ``found`` tells whether it found jobs."""
        if found or hinted:
            self._factor = 1.0
        pause_s = self._poll_s * self._factor
        self._factor = min(self._factor * GROWTH, QUIET_FACTOR)
        if hinted:
            pause_s = max(pause_s, min(pause_s * HINTED_FACTOR, HINTED_MAX_S))
        return pause_s * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret
