"""The types of command-line arguments; a bad one is refused in one sentence."""

from __future__ import annotations

import logging
import math
import re
from argparse import ArgumentParser, ArgumentTypeError, _ArgumentGroup
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from pyjobkit_django.conf import MAX_DAYS
from pyjobkit_django.errors import InvalidJobError, InvalidSpecError
from pyjobkit_django.job_fields import check_name
from pyjobkit_django.limits import RateLimit, parse_rate_limits
from pyjobkit_django.quoting import quoted

#: What --verbosity means for the log of a command that runs jobs.
LOG_LEVELS: Final = (logging.ERROR, logging.INFO, logging.DEBUG, logging.DEBUG)

MAX_PORT: Final = 65_535
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")


def whole_number(text: str) -> int:
    """Return a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{quoted(text)} is not a whole number of at least 1")
    return int(text)


def positive_seconds(text: str) -> float:
    """Return a number of seconds above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ArgumentTypeError(f"{quoted(text)} is not a number of seconds above 0")
    return seconds


def age(text: str) -> timedelta:
    """Return the span that ``90s``, ``15m``, ``36h`` or ``7d`` names."""
    return _span(text, "an age")


def delay(text: str) -> timedelta:
    """Return the wait that ``90``, ``90s``, ``15m``, ``36h`` or ``7d`` names."""
    return _span(text, "a delay")


def moment(text: str) -> datetime:
    """Return the moment that ISO 8601 with a zone names."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(
            f"{quoted(text)} is not a time; write 2026-11-30T08:00+01:00"
        ) from None
    if found.utcoffset() is None:
        raise ArgumentTypeError(f"{quoted(text)} has no zone; add +01:00, or Z for UTC")
    return found


def integer(text: str) -> int:
    """Return a whole number, which may be below 0."""
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ArgumentTypeError(f"{quoted(text)} is not a whole number")
    return int(text)


def port(text: str) -> int:
    """Return the number of a TCP port; 0 has the system choose."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > MAX_PORT:
        raise ArgumentTypeError(f"{quoted(text)} is not a port from 0 to {MAX_PORT}")
    return int(text)


def _span(text: str, what: str) -> timedelta:
    if not (match := _SPAN.fullmatch(text.strip())):
        raise ArgumentTypeError(
            f"{quoted(text)} is not {what}; write 90s, 15m, 36h or 7d"
        )
    seconds = float(match[1]) * _UNITS[match[2] or "s"]
    if seconds > MAX_DAYS * _UNITS["d"]:
        raise ArgumentTypeError(f"{quoted(text)} is more than {MAX_DAYS:,} days")
    return timedelta(seconds=seconds)


def one_of(*words: str) -> Callable[[str], str]:
    """Return the type of an argument that is one of ``words``."""

    def word(text: str) -> str:
        if text not in words:
            raise ArgumentTypeError(f"{quoted(text)} is not one of {', '.join(words)}")
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


def rate_limits(text: str) -> dict[str, RateLimit]:
    """Return the limits that ``kind:rate[:burst]`` names, one or more of them."""
    try:
        found = parse_rate_limits(text)
    except InvalidSpecError as error:
        raise ArgumentTypeError(str(error)) from None
    if not found:
        raise ArgumentTypeError(
            f"{quoted(text)} names no kind; write kind:rate or kind:rate:burst"
        )
    return found


def add_executor_argument(parser: ArgumentParser | _ArgumentGroup) -> None:
    """Let a command take executors besides those of the site."""
    parser.add_argument(
        "--executor",
        action="append",
        default=[],
        dest="executors",
        type=module_attribute,
        metavar="MODULE:ATTRIBUTE",
        help="one more executor; may be given again",
    )


def module_attribute(text: str) -> str:
    """Return a ``module:attribute`` as it stands."""
    module, _, attribute = text.partition(":")
    if not module or not attribute:
        raise ArgumentTypeError(f"{quoted(text)} is not written as module:attribute")
    return text
