"""Whether the backend can be reached, and since when."""

from __future__ import annotations

import time
from collections.abc import Callable


class Contact:
    """What a worker knows about outages of its backend.

    An outage is more than half a lease between two contacts with a failure in between.
    Leases of jobs that are well looked after may have ended in it.
    """

    def __init__(
        self, lease_ttl_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lease_ttl_s = lease_ttl_s
        self._clock = clock
        self._made_at = clock()
        self._missed = False
        self._over_at: float | None = None

    @property
    def is_out(self) -> bool:
        """Tell whether an outage is under way."""
        return self._missed and self._clock() - self._made_at > self._lease_ttl_s / 2

    def made(self) -> None:
        """Note that the backend answered."""
        if self.is_out:
            self._over_at = self._clock()
        self._missed = False
        self._made_at = self._clock()

    def missed(self) -> None:
        """Note that the backend did not answer, or not well."""
        self._missed = True

    def grace_s(self) -> float:
        """Return for how many seconds more other workers may be late with their leases."""
        if self._over_at is None:
            return 0.0
        return max(0.0, self._over_at + self._lease_ttl_s - self._clock())
