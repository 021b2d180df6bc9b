"""Whether hints arrive."""

from __future__ import annotations

import time
from collections.abc import Callable


class Channel:
    """The way that hints take from the backend to a worker.

    It counts as healthy only while the worker hears its own probes: a channel can look
    open and stay silent.
    """

    def __init__(
        self, lifetime_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Trust each probe for ``lifetime_s`` seconds."""
        self.lifetime_s = lifetime_s
        self._clock = clock
        self._heard_at: float | None = None

    @property
    def healthy(self) -> bool:
        """Tell whether a probe arrived of late."""
        return (
            self._heard_at is not None
            and self._clock() - self._heard_at <= self.lifetime_s
        )

    def heard(self) -> None:
        """Note that a probe arrived."""
        self._heard_at = self._clock()

    def lost(self) -> None:
        """Note that the channel is closed."""
        self._heard_at = None
