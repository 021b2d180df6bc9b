"""How long a server asks to be left alone."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

#: No server may put a job off for longer, in seconds.
MAX_WAIT_S: Final = 86_400.0
_MOST_DIGITS: Final = 9


def wait_s(
    retry_after: str | None, *, server_time: str | None, now: float
) -> float | None:
    """Return the seconds that a Retry-After asks for, at most a day; None if it does not.

    A date is taken relative to ``server_time``, the Date of the same answer, so that
    no clock needs to be right; without one relative to ``now`` (seconds since 1970).
    """
    asked = (retry_after or "").strip()
    if asked.isascii() and asked.isdecimal():
        return min(float(asked[:_MOST_DIGITS]), MAX_WAIT_S)
    until = _timestamp(asked)
    if until is None:
        return None
    base = _timestamp(server_time or "")
    return min(max(until - (now if base is None else base), 0.0), MAX_WAIT_S)


def _timestamp(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
