"""Jobs of the queues that run plain functions."""

from __future__ import annotations

import time

from benchmarks.marks import lateness, marker

_mark = marker()
_mark_lateness = lateness()


def noop() -> None:
    _mark()


def late(sent: int) -> None:
    _mark_lateness(sent)


def sleep() -> None:
    _mark()
    time.sleep(1)
    _mark()
