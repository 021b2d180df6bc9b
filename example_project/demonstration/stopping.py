"""Ctrl+C, remembered: what it interrupts may swallow the exception."""

from __future__ import annotations

import signal
from typing import NoReturn

_told: list[int] = []


def stop_on(*signals: int) -> None:
    """Have these signals end the demo as Ctrl+C does."""
    for number in signals:
        signal.signal(number, _stop)


def look() -> None:
    """Raise KeyboardInterrupt if the demo was told to stop."""
    if _told:
        raise KeyboardInterrupt


def _stop(number: int, _: object) -> NoReturn:
    _told.append(number)
    raise KeyboardInterrupt
