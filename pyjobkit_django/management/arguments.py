"""The types of command-line arguments; a bad one is refused in one sentence."""

from __future__ import annotations

import math
import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_AGE: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")


def whole_number(text: str) -> int:
    """Return a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def positive_seconds(text: str) -> float:
    """Return a number of seconds above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def age(text: str) -> timedelta:
    """Return the span that ``90s``, ``15m``, ``36h`` or ``7d`` names."""
    if not (match := _AGE.fullmatch(text.strip())):
        raise ArgumentTypeError(f"{text!r} is not an age; write 90s, 15m, 36h or 7d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2] or "s"])


def one_of(*words: str) -> Callable[[str], str]:
    """Return the type of an argument that is one of ``words``."""

    def word(text: str) -> str:
        if text not in words:
            raise ArgumentTypeError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return word


def module_attribute(text: str) -> str:
    """Return a ``module:attribute`` as it stands."""
    module, _, attribute = text.partition(":")
    if not module or not attribute:
        raise ArgumentTypeError(f"{text!r} is not written as module:attribute")
    return text
