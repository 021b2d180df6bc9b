"""When to try again: retry policies and the strings that name them.

The grammar is ``name[:number]*[:key=number]*`` with the names ``fixed:delay``,
``exponential:base:factor:max`` and ``exponential_jitter:base:factor:max:jitter``;
the only key is ``give_up_after_age_s``.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from typing import Final

from pyjobkit_django.errors import InvalidSpecError
from pyjobkit_django.quoting import quoted

#: The longest wait that any policy may ask for: 400 days.
MAX_DELAY_S: Final = 400 * 86_400.0


def _require(condition: bool, message: str) -> None:  # noqa: FBT001 - reads as assert
    if not condition:
        raise InvalidSpecError(message)


class RetryPolicy(ABC):
    """How long to wait before the next attempt, and when a job has grown too old."""

    def __init__(self, *, give_up_after_age_s: float | None = None) -> None:
        """Fail a job for good once it is older than ``give_up_after_age_s`` seconds."""
        if give_up_after_age_s is not None:
            _require(give_up_after_age_s > 0, "give_up_after_age_s must be above 0")
        self.give_up_after_age_s = give_up_after_age_s

    @abstractmethod
    def delay(self, attempt: int) -> float:
        """Return the seconds to wait after ``attempt`` (1 = the first) has failed."""

    def should_give_up(self, age_s: float) -> bool:
        """Tell whether a job created ``age_s`` seconds ago is past retrying."""
        return (
            self.give_up_after_age_s is not None and age_s >= self.give_up_after_age_s
        )


class FixedDelay(RetryPolicy):
    """The same wait each time."""

    def __init__(
        self, delay_s: float = 1.0, *, give_up_after_age_s: float | None = None
    ) -> None:
        """Wait ``delay_s`` seconds."""
        super().__init__(give_up_after_age_s=give_up_after_age_s)
        _require(
            0 <= delay_s <= MAX_DELAY_S, f"delay_s must be 0 to {MAX_DELAY_S:,.0f}"
        )
        self.delay_s = delay_s

    def delay(self, attempt: int) -> float:
        """Return ``delay_s``."""
        del attempt
        return self.delay_s


class ExponentialBackoff(RetryPolicy):
    """A wait of ``base * factor ** (attempt - 1)`` seconds, at most ``max_delay_s``."""

    def __init__(
        self,
        base: float = 1.0,
        factor: float = 2.0,
        max_delay_s: float | None = None,
        *,
        give_up_after_age_s: float | None = None,
    ) -> None:
        """Start at ``base`` seconds and grow by ``factor`` (1 or more) each attempt."""
        super().__init__(give_up_after_age_s=give_up_after_age_s)
        _require(0 <= base <= MAX_DELAY_S, f"base must be 0 to {MAX_DELAY_S:,.0f}")
        _require(1 <= factor < math.inf, "factor must be 1 or more")
        _require(
            max_delay_s is None or max_delay_s >= 0, "max_delay_s must be 0 or more"
        )
        self.base = base
        self.factor = factor
        self.max_delay_s = max_delay_s

    def delay(self, attempt: int) -> float:
        """Return the seconds to wait after ``attempt``."""
        ceiling = (
            MAX_DELAY_S
            if self.max_delay_s is None
            else min(self.max_delay_s, MAX_DELAY_S)
        )
        try:
            return min(self.base * self.factor ** (max(attempt, 1) - 1), ceiling)
        except OverflowError:
            return ceiling if self.base else 0.0


class JitteredExponentialBackoff(ExponentialBackoff):
    """Exponential backoff times a random factor between ``1 - jitter`` and ``1 + jitter``."""

    def __init__(
        self,
        base: float = 1.0,
        factor: float = 2.0,
        max_delay_s: float | None = None,
        jitter: float = 0.1,
        rng: random.Random | None = None,
        *,
        give_up_after_age_s: float | None = None,
    ) -> None:
        """Spread each wait by ``jitter`` (0 to 1), drawn from ``rng``."""
        super().__init__(
            base, factor, max_delay_s, give_up_after_age_s=give_up_after_age_s
        )
        _require(0 <= jitter <= 1, "jitter must lie between 0 and 1")
        self.jitter = jitter
        self._rng = rng or random.Random()  # noqa: S311 - spreads load, keeps no secret

    def delay(self, attempt: int) -> float:
        """Return the seconds to wait after ``attempt``."""
        return super().delay(attempt) * self._rng.uniform(
            1 - self.jitter, 1 + self.jitter
        )


#: pyjobkit's default.
DEFAULT_POLICY: Final = ExponentialBackoff(1, 2)

_POLICIES: Final[dict[str, tuple[type[RetryPolicy], int]]] = {
    "fixed": (FixedDelay, 1),
    "exponential": (ExponentialBackoff, 3),
    "exponential_jitter": (JitteredExponentialBackoff, 4),
}


def parse_policy(spec: str) -> RetryPolicy:
    """Return the policy that ``spec`` names, for example ``exponential:1:2:60``.

    Raises InvalidSpecError (a ValueError) that says what is wrong with it.
    """
    name, *parts = spec.strip().split(":")
    if name.lower() not in _POLICIES:
        raise InvalidSpecError(
            f"retry policy {quoted(spec)}: {quoted(name)} is unknown; use one of {', '.join(_POLICIES)}"
        )
    policy, most = _POLICIES[name.lower()]
    numbers = [_number(part, spec) for part in parts if "=" not in part]
    if len(numbers) > most:
        raise InvalidSpecError(
            f"retry policy {quoted(spec)}: {name} takes at most {most} numbers"
        )
    if any("=" not in part for part in parts[len(numbers) :]):
        raise InvalidSpecError(
            f"retry policy {quoted(spec)}: numbers stand before key=number"
        )
    try:
        return policy(*numbers, **_keywords(parts[len(numbers) :], spec))
    except InvalidSpecError as error:
        raise InvalidSpecError(f"retry policy {quoted(spec)}: {error}") from None


def _keywords(parts: list[str], spec: str) -> dict[str, float]:
    keywords = {}
    for part in parts:
        key, _, number = part.partition("=")
        if key != "give_up_after_age_s" or key in keywords:
            raise InvalidSpecError(
                f"retry policy {quoted(spec)}: {quoted(part)} is not understood; "
                f"the only key is give_up_after_age_s, once"
            )
        keywords[key] = _number(number, spec)
    return keywords


def _number(text: str, spec: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidSpecError(
            f"retry policy {quoted(spec)}: {quoted(text)} is not a number"
        )
    return number
