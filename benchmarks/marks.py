"""What a job leaves behind: eight bytes in a file, the same for every queue.

Seen from outside, the file tells how many bodies ran and when; a job that ran twice shows
as a mark too many. Runs in every venv, and so imports nothing but the standard library.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

#: Names the file in the environment of enqueuers and workers.
VARIABLE = "BENCH_MARKS"

_NANOSECONDS = struct.Struct("q")


def marker() -> Callable[[], None]:
    """Return what a body calls: it writes the time, which takes about a microsecond."""
    write = _writer()
    return lambda: write(time.time_ns())


def lateness() -> Callable[[int], None]:
    """Return what a body calls with the time it was sent at (ns): it writes the delay."""
    write = _writer()
    return lambda sent: write(time.time_ns() - sent)


def read(path: Path) -> list[int]:
    """Return the marks, in nanoseconds, in the order of writing."""
    data = path.read_bytes() if path.exists() else b""
    return [mark for (mark,) in _NANOSECONDS.iter_unpack(data)]


def count(path: Path) -> int:
    """Return how many marks there are."""
    return path.stat().st_size // _NANOSECONDS.size if path.exists() else 0


def _writer() -> Callable[[int], None]:
    # Opened when first needed: a worker may fork between the import and the job.
    opened: dict[int, int] = {}

    def write(value: int) -> None:
        process = os.getpid()
        if process not in opened:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            opened[process] = os.open(os.environ[VARIABLE], flags, 0o644)
        os.write(opened[process], _NANOSECONDS.pack(value))

    return write
