"""Rate limits per kind: token buckets with the clock passed in."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyjobkit_django.errors import InvalidSpecError
from pyjobkit_django.quoting import quoted

type RateLimitSpec = float | tuple[float, float] | Mapping[str, float] | RateLimit
type RateLimitSpecs = str | Mapping[str, RateLimitSpec]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most ``max_per_second`` starts a second, ``burst`` of them at once."""

    max_per_second: float
    burst: float

    def __post_init__(self) -> None:
        """Refuse a rate that is not positive and a burst below one."""
        if not 0 < self.max_per_second < math.inf:
            raise InvalidSpecError(
                f"rate limit: {self.max_per_second} a second must be above 0"
            )
        if not 1 <= self.burst < math.inf:
            raise InvalidSpecError(
                f"rate limit: a burst of {self.burst} must be 1 or more"
            )


class TokenBucket:
    """Tokens that refill at a steady rate; one is taken for each start."""

    def __init__(
        self,
        max_per_second: float,
        burst: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start full, with ``burst`` tokens (default: one second's worth, at least 1)."""
        limit = RateLimit(
            max_per_second, max(1.0, max_per_second) if burst is None else burst
        )
        self.max_per_second = limit.max_per_second
        self.capacity = limit.burst
        self._clock = clock
        self._tokens = self.capacity
        self._refilled_at = clock()
        self._turn = asyncio.Lock()

    def available(self) -> int:
        """Return how many whole tokens can be taken now."""
        self._refill()
        return math.floor(self._tokens + 1e-9)

    def take(self, tokens: float = 1) -> None:
        """Take tokens that ``available`` has shown to be there."""
        self._refill()
        self._tokens -= tokens

    def wait_s(self, tokens: float = 1) -> float:
        """Return the seconds until ``tokens`` are there (0 when they are)."""
        self._refill()
        return max(0.0, (tokens - self._tokens) / self.max_per_second)

    async def acquire(self, tokens: float = 1) -> None:
        """Take ``tokens``, first come first served; more than the burst is refused."""
        if tokens > self.capacity:
            raise InvalidSpecError(
                f"{tokens} tokens never fit a burst of {self.capacity}"
            )
        async with self._turn:
            while (wait := self.wait_s(tokens)) > 0:  # noqa: ASYNC110 - time is awaited
                await asyncio.sleep(wait)
            self.take(tokens)

    def _refill(self) -> None:
        now = self._clock()
        gained = (now - self._refilled_at) * self.max_per_second
        self._tokens = min(self.capacity, self._tokens + gained)
        self._refilled_at = now


def parse_rate_limits(specs: RateLimitSpecs | None) -> dict[str, RateLimit]:
    """Return limits by kind from a mapping or from ``kind:rate[:burst],…``.

    A mapping's values are a number, ``(rate, burst)`` or
    ``{"max_per_second": rate, "burst": burst}``. Raises InvalidSpecError.
    """
    if specs is None:
        return {}
    if isinstance(specs, str):
        return dict(_parse_item(item) for item in specs.split(",") if item.strip())
    return {kind: _normalise(kind, spec) for kind, spec in specs.items()}


def _parse_item(item: str) -> tuple[str, RateLimit]:
    kind, *numbers = item.strip().split(":")
    if not kind or len(numbers) not in (1, 2):
        raise InvalidSpecError(
            f"rate limit {quoted(item.strip())}: write kind:rate or kind:rate:burst"
        )
    return kind, _limit(kind, *numbers)


def _normalise(kind: str, spec: RateLimitSpec) -> RateLimit:
    if isinstance(spec, RateLimit):
        return spec
    if isinstance(spec, Mapping):
        if unknown := set(spec) - {"max_per_second", "burst"}:
            raise InvalidSpecError(
                f"rate limit of {quoted(kind)}: unknown {sorted(unknown)}"
            )
        return _limit(kind, spec.get("max_per_second"), spec.get("burst"))
    if isinstance(spec, tuple) and len(spec) == 2:  # noqa: PLR2004 - rate and burst
        return _limit(kind, *spec)
    return _limit(kind, spec)


def _limit(kind: str, rate: object, burst: object = None) -> RateLimit:
    try:
        per_second = float(rate)  # type: ignore[arg-type] # the except is the check
        tokens = max(1.0, per_second) if burst is None else float(burst)  # type: ignore[arg-type] # the same
    except (TypeError, ValueError):
        raise InvalidSpecError(
            f"rate limit of {quoted(kind)}: {quoted(rate)} with burst {quoted(burst)} are not numbers"
        ) from None
    try:
        return RateLimit(per_second, tokens)
    except InvalidSpecError as error:
        raise InvalidSpecError(f"{error} (kind {quoted(kind)})") from None
