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


def read_lines(path: Path) -> list[Line]:
    """Return the events of a journal, in the order of time."""
    text = path.read_text() if path.exists() else ""
    return sorted(_parsed(text.splitlines()), key=lambda line: line.at_s)


def _parsed(lines: Iterable[str]) -> Iterator[Line]:
    for line in lines:
        word, nanoseconds, pid, *about = line.split()
        at_s = int(nanoseconds) / 1e9
        if about:
            job, version, attempt = about
            yield Line(word, at_s, int(pid), UUID(job), int(version), int(attempt))
        else:
            yield Line(word, at_s, int(pid))
