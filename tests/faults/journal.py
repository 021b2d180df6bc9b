"""The append-only journal: one line an event, written by jobs and by whoever disturbs them.

``WORD NANOSECONDS PID [JOB VERSION ATTEMPT]``; times are those of the system's monotonic
clock, which all processes of a machine share and no fault turns back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

#: What a run writes: at its start, now and then, at its end, and where it is stopped.
START, TICK, END, STOP = "start", "tick", "end", "stop"
#: What befalls a worker process.
KILL, PAUSE, RESUME = "kill", "pause", "resume"
#: What befalls the database, or all: the moment from which recovery counts.
FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Line:
    """One event; ``job`` is None for what befalls a process."""

    word: str
    at_s: float
    pid: int
    job: UUID | None = None
    version: int = 0
    attempt: int = 0


def write_line(path: str | Path, word: str, pid: int, *about: object) -> None:
    """Append a line in one write, so that processes do not mix theirs."""
    words = (word, time.monotonic_ns(), pid, *about)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, (" ".join(map(str, words)) + "\n").encode())
    finally:
        os.close(handle)


class Journal:
    """Reads a journal while it is written: each line once, however often it is asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0
        self._lines: list[Line] = []

    def lines(self, *words: str) -> list[Line]:
        """Return the events with these words, or all, in the order of time."""
        if new := list(_parsed(self._new_text().splitlines())):
            self._lines = sorted([*self._lines, *new], key=lambda line: line.at_s)
        return [line for line in self._lines if not words or line.word in words]

    def _new_text(self) -> str:
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            file.seek(self._read)
            whole, end, _ = file.read().rpartition(b"\n")
        self._read += len(whole + end)
        return whole.decode()


def _parsed(lines: Iterable[str]) -> Iterator[Line]:
    for line in lines:
        word, nanoseconds, pid, *about = line.split()
        at_s = int(nanoseconds) / 1e9
        if about:
            job, version, attempt = about
            yield Line(word, at_s, int(pid), UUID(job), int(version), int(attempt))
        else:
            yield Line(word, at_s, int(pid))
