"""What an option may hold, checked when a worker or an executor is made."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.quoting import quoted


def check_known(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse an option that ``owner`` does not have, as Python would: TypeError."""
    names = list(known)
    for name in given:
        if name not in names:
            raise TypeError(
                f"{owner} has no option {quoted(name)}; there are {', '.join(names)}"
            )


def check_count(name: str, value: object, *, least: int = 1) -> None:
    """Refuse what is not a whole number of at least ``least``."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator] # just checked
        bound = "above 0" if least == 1 else f"of {least} or more"
        raise ConfigError(f"{name} must be a whole number {bound}, not {quoted(value)}")


def check_seconds(name: str, value: object, *, zero_ok: bool = False) -> None:
    """Refuse what is not a finite number above 0, or 0 where that is sound."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    finite = number and 0 <= value < math.inf  # type: ignore[operator] # just checked
    if not finite or not (value or zero_ok):
        bound = "of 0 or more" if zero_ok else "above 0"
        raise ConfigError(
            f"{name} must be a number of seconds {bound}, not {quoted(value)}"
        )


def check_flag(name: str, value: object) -> None:
    """Refuse a text such as "false", which would switch on what it means to switch off."""
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be True or False, not {quoted(value)}")
