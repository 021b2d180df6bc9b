"""Figures: what was measured several times, and ratios between two of them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

#: From which size on how many decimal places are shown.
_PLACES = ((100, 0), (10, 1))


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured in several rounds; ``unit`` is that of every value."""

    section: str
    subject: str
    unit: str
    values: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def as_json(self) -> dict[str, Any]:
        """Return the figure with its median, for a file."""
        return {**asdict(self), "median": self.median}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Figure:
        """Return a figure as it was stored."""
        kept = {name: stored[name] for name in ("section", "subject", "unit", "note")}
        return cls(**kept, values=tuple(stored["values"]))


@dataclass(frozen=True, slots=True)
class Goal:
    """A number that is aimed at: ``at_least`` or ``at_most``."""

    sentence: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.at_most is None or self.value <= self.at_most

    @property
    def bound(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that ``percent`` of the values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("there is no percentile of nothing")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def number(value: float) -> str:
    """Return a value as people read it: 12,345 or 12.3 or 0.123."""
    for least, places in _PLACES:
        if abs(value) >= least:
            return f"{value:,.{places}f}"
    return f"{value:.2f}"
