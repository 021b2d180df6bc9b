"""Rate limits, which stand before the slots."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pyjobkit_django.limits import RateLimit, TokenBucket


class Share(NamedTuple):
    """Kinds that are claimed together, and how many of their jobs may start now."""

    kinds: frozenset[str]
    allowed: float


class Throttle:
    """Says of which kinds how many jobs may start."""

    def __init__(
        self,
        kinds: Iterable[str],
        limits: Mapping[str, RateLimit],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._buckets = {
            kind: TokenBucket(
                limits[kind].max_per_second, limits[kind].burst, clock=clock
            )
            for kind in kinds
            if kind in limits
        }
        unlimited = frozenset(kinds).difference(self._buckets)
        groups = [frozenset({kind}) for kind in self._buckets]
        self._groups = deque([unlimited, *groups] if unlimited else groups)

    @property
    def groups(self) -> int:
        """How many groups of kinds there are."""
        return len(self._groups)

    def shares(self) -> list[Share]:
        """Return what may be claimed; each group is the first one in its turn."""
        self._groups.rotate(-1)
        shares = [Share(kinds, self._allowed(kinds)) for kinds in self._groups]
        return [share for share in shares if share.allowed]

    def started(self, kinds: frozenset[str], count: int) -> None:
        """Take the tokens of jobs that were claimed."""
        for kind in kinds & self._buckets.keys():
            self._buckets[kind].take(count)

    def wait_s(self) -> float:
        """Return in how many seconds a group that is left out may be claimed again."""
        waits = [bucket.wait_s() for bucket in self._buckets.values()]
        return min((wait for wait in waits if wait > 0), default=math.inf)

    def _allowed(self, kinds: frozenset[str]) -> float:
        (kind, *others) = kinds
        if others or kind not in self._buckets:
            return math.inf
        return self._buckets[kind].available()
