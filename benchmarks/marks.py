"""What a job leaves behind: a mark in a file of its process, the same for every queue.

Seen from outside, the marks tell how many bodies ran and when; a job that ran twice shows as
a mark too many. Runs in every venv, and so imports nothing but the standard library.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable
from itertools import count as counter
from pathlib import Path
from typing import Final

#: Names the folder of the marks in the environment of enqueuers and workers.
VARIABLE = "BENCH_MARKS"

#: The most marks of one process: a file with holes, as long as they are not made.
MOST: Final = 4_000_000
#: Of each mark, when it was made and what it says, both in nanoseconds.
_NUMBERS: Final = 2
_BYTES: Final = 8


def marker() -> Callable[[], None]:
    """Return what a body calls: it notes the time, in less than a microsecond."""

    def mark() -> None:
        now = time.time_ns()
        _sheet().add(now, now)

    return mark


def lateness() -> Callable[[int], None]:
    """Return what a body calls with the time it was sent at (ns): it notes the delay."""

    def mark(sent: int) -> None:
        now = time.time_ns()
        _sheet().add(now, now - sent)

    return mark


def read(folder: Path) -> list[int]:
    """Return the marks, in nanoseconds, in the order of their making."""
    marks = [mark for path in _files(folder) for mark in Sheet(path).marks()]
    return [value for _, value in sorted(marks)]


def count(folder: Path) -> int:
    """Return how many marks there are."""
    return sum(len(Sheet(path)) for path in _files(folder))


def clear(folder: Path) -> None:
    """Forget the marks of processes that have ended."""
    for path in _files(folder):
        path.unlink()


class Sheet:
    """The marks of one process, in a file mapped into its memory: no call of the system.

    What is written there outlives the process, however that ends.
    """

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            file.truncate(MOST * _NUMBERS * _BYTES)
            self._numbers = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")
        # Threads take turns at this without a lock.
        self._places = counter()

    def add(self, when: int, value: int) -> None:
        """Note a mark; IndexError after the last one there is room for."""
        place = _NUMBERS * next(self._places)
        self._numbers[place + 1] = value
        self._numbers[place] = when

    def __len__(self) -> int:
        low, high = 0, MOST
        while low < high:
            middle = (low + high) // 2
            if self._numbers[_NUMBERS * middle]:
                low = middle + 1
            else:
                high = middle
        return low

    def marks(self) -> list[tuple[int, int]]:
        """Return when each mark was made, and what it says."""
        numbers = self._numbers[: _NUMBERS * len(self)].tolist()
        return list(zip(numbers[::_NUMBERS], numbers[1::_NUMBERS], strict=True))


#: By process: a worker may fork between the import and the job.
_sheets: dict[int, Sheet] = {}


def _sheet() -> Sheet:
    process = os.getpid()
    if process not in _sheets:
        folder = Path(os.environ[VARIABLE])
        folder.mkdir(exist_ok=True)
        _sheets[process] = Sheet(folder / str(process))
    return _sheets[process]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []
