"""From the bytes that a command writes to lines of text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

#: What is longer comes in pieces, in bytes: one line must not fill the memory.
MAX_LINE_BYTES: Final = 8_388_608
#: How often to show a line that is being redrawn, in seconds.
REDRAW_S: Final = 1.0


class LineSplitter:
    r"""Cuts one stream into lines, without their ends; what is not UTF-8 is replaced.

    ``\n`` and ``\r\n`` end a line. A ``\r`` within draws the line anew, as progress bars
    do: its last state is the line, as a terminal would show it in the end, and while it
    is redrawn one of its states a second is a line too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._shown_at = clock()

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the lines that end in ``chunk``; what follows the last is kept."""
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            self._hold(piece)
            yield _text(_last_state(self._take()))
        self._hold(rest)
        if b"\r" in rest:
            yield from self._redrawn()
        if self._held_bytes >= MAX_LINE_BYTES:
            yield _text(self._take())

    def end(self) -> Iterator[str]:
        """Yield what is left where the stream did not end with a line's end."""
        if self._held_bytes:
            yield _text(_last_state(self._take()))

    def _redrawn(self) -> Iterator[str]:
        """Keep the state in hand; yield the one before it, if it is time to show one."""
        line = self._take()
        start = line.rstrip(b"\r").rfind(b"\r") + 1
        self._hold(line[start:])
        before = _last_state(line[:start])
        now = self._clock()
        if before and now - self._shown_at >= REDRAW_S:
            self._shown_at = now
            yield _text(before)

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._held.append(piece)
            self._held_bytes += len(piece)

    def _take(self) -> bytes:
        line = b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        return line


def _last_state(line: bytes) -> bytes:
    return line.rstrip(b"\r").rpartition(b"\r")[2]


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace")
