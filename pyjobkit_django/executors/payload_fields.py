"""Reads a payload key by key; what does not fit discards the job, naming the key."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, Final, Never

from pyjobkit_django.chains import FROM_CHAIN
from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.payload import clean_text
from pyjobkit_django.quoting import quoted

#: How much of an unknown key is shown, in characters.
_SHOWN: Final = 60


class Fields:
    """The keys of a payload; one that is null counts as left out."""

    def __init__(self, payload: Mapping[str, Any], *, known: Collection[str]) -> None:
        """Refuse a key that is not one of those known, nor what a chain adds."""
        self._given = {
            key: value for key, value in payload.items() if value is not None
        }
        for key in payload:
            if key not in known and key not in FROM_CHAIN:
                shown = key if len(key) <= _SHOWN else f"{key[:_SHOWN]}…"
                refuse(shown, f"is not known; the keys are {', '.join(known)}")

    def given(self, *keys: str) -> list[str]:
        """Return which of the keys have a value."""
        return [key for key in keys if key in self._given]

    def value(self, key: str, default: Any = None) -> Any:
        """Return the value as it is."""
        return self._given.get(key, default)

    def text(self, key: str) -> str | None:
        """Return a text, None where the key was left out."""
        return text_of(key, self._given[key]) if key in self._given else None

    def nonempty(self, key: str) -> str | None:
        """Return a text that a command can be given, not a blank one; None if left out."""
        text = self.text(key)
        if text is not None and not text.strip():
            refuse(key, "is empty; leave it out or fill it in")
        return None if text is None else argument_of(key, text)

    def required(self, key: str) -> str:
        """Return a text as ``nonempty`` does, which has to be there."""
        text = self.nonempty(key)
        return refuse(key, "is missing") if text is None else text

    def flag(self, key: str) -> bool | None:
        """Return true or false, None where the key was left out."""
        value = self._given.get(key)
        if value is not None and not isinstance(value, bool):
            refuse(key, f"must be true or false, not {_kind_of(value)}")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a dict, an empty one where the key was left out."""
        value = self._given.get(key, {})
        if not isinstance(value, dict):
            refuse(key, f"must be a dict, not {_kind_of(value)}")
        return value

    def texts(self, key: str) -> dict[str, str]:
        """Return a dict of texts that a command can be given."""
        return {
            name: argument_of(f"{key}.{name}", value)
            for name, value in self.mapping(key).items()
        }

    def number(self, key: str, default: float, *, zero_ok: bool = False) -> float:
        """Return a finite number above 0, or 0 where that is sound."""
        value = self._given.get(key, default)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 <= value < math.inf or not (value or zero_ok):
            bound = "of 0 or more" if zero_ok else "above 0"
            refuse(key, f"must be a number {bound}, not {quoted(value)}")
        return float(value)

    def count(self, key: str, default: int, *, most: int, least: int = 0) -> int:
        """Return a whole number from ``least`` to ``most``."""
        value = self._given.get(key, default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not least <= value <= most:
            refuse(
                key,
                f"must be a whole number from {least} to {most}, not {quoted(value)}",
            )
        return int(value)


def text_of(key: str, value: object) -> str:
    """Return a text; the value of anything else is not shown, it may be secret."""
    if not isinstance(value, str):
        refuse(key, f"must be text, not {_kind_of(value)}")
    return value


def argument_of(key: str, value: object) -> str:
    """Return a text that a command can be given."""
    text = text_of(key, value)
    if clean_text(text) != text:
        refuse(key, "contains NUL or a lone surrogate, which no command can be given")
    return text


def refuse(key: str, message: str) -> Never:
    """Discard the job for what ``payload.key`` holds."""
    raise DiscardJob(f"payload.{key}: {message}")


def _kind_of(value: object) -> str:
    return type(value).__name__
