"""The types of command-line arguments; a bad one is refused in one sentence."""

from __future__ import annotations

import math
import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from pyjobkit_django.conf import MAX_DAYS
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.job_fields import check_name

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
    seconds = float(match[1]) * _UNITS[match[2] or "s"]
    if seconds > MAX_DAYS * _UNITS["d"]:
        raise ArgumentTypeError(f"{text!r} is more than {MAX_DAYS:,} days")
    return timedelta(seconds=seconds)


def one_of(*words: str) -> Callable[[str], str]:
    """Return the type of an argument that is one of ``words``."""

    def word(text: str) -> str:
        if text not in words:
            raise ArgumentTypeError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return word


def name_of(thing: str) -> Callable[[str], str]:
    """Return the type of an argument that is the name of a queue, kind or tag."""

    def name(text: str) -> str:
        try:
            check_name(thing, text)
        except InvalidJobError as error:
            raise ArgumentTypeError(str(error)) from None
        return text

    return name


def module_attribute(text: str) -> str:
    """Return a ``module:attribute`` as it stands."""
    module, _, attribute = text.partition(":")
    if not module or not attribute:
        raise ArgumentTypeError(f"{text!r} is not written as module:attribute")
    return text
