"""Reads a payload key by key; what does not fit discards the job, naming the key."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, Never

from pyjobkit_django.chains import FROM_CHAIN
from pyjobkit_django.errors import DiscardJob


class Fields:
    """The keys of a payload; one that is null counts as left out.

    What a chain adds is left aside.
    """

    def __init__(self, payload: Mapping[str, Any], *, known: Collection[str]) -> None:
        self._given = {
            key: value for key, value in payload.items() if value is not None
        }
        for key in payload:
            if key not in known and key not in FROM_CHAIN:
                refuse(key, f"is not known; the keys are {', '.join(known)}")

    def given(self, *keys: str) -> list[str]:
        """Return which of the keys have a value."""
        return [key for key in keys if key in self._given]

    def value(self, key: str, default: Any = None) -> Any:
        """Return the value as it is."""
        return self._given.get(key, default)

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        value = self._given.get(key, default)
        return value if isinstance(value, str) else refuse(key, "must be text")

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._given.get(key, default)
        return (
            value if isinstance(value, bool) else refuse(key, "must be true or false")
        )

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a dict, an empty one where the key was left out."""
        value = self._given.get(key, {})
        return value if isinstance(value, dict) else refuse(key, "must be a dict")

    def number(self, key: str, default: float, *, zero_ok: bool = False) -> float:
        """Return a finite number above 0, or 0 where that is sound."""
        value = self._given.get(key, default)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 <= value < math.inf or not (value or zero_ok):
            bound = "of 0 or more" if zero_ok else "above 0"
            refuse(key, f"must be a number {bound}, not {value!r}")
        return float(value)

    def count(self, key: str, default: int, *, most: int) -> int:
        """Return a whole number from 0 to ``most``."""
        value = self._given.get(key, default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not 0 <= value <= most:
            refuse(key, f"must be a whole number from 0 to {most}, not {value!r}")
        return int(value)


def refuse(key: str, message: str) -> Never:
    """Discard the job for what ``payload.key`` holds."""
    raise DiscardJob(f"payload.{key}: {message}")
