"""From the bytes of a stream to lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

#: What is longer comes in pieces, in bytes: one line must not fill the memory.
MAX_LINE_BYTES: Final = 8_388_608


class Lines:
    r"""Cuts a stream into lines, without their ends; what is not UTF-8 is replaced.

    ``\n`` and ``\r\n`` end a line; of one that is redrawn with ``\r`` the last state
    counts.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._held_bytes = 0

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the lines that end in ``chunk``; what follows the last is kept."""
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            self._hold(piece)
            yield self._taken()
        self._hold(rest)
        if self._held_bytes >= MAX_LINE_BYTES:
            yield self._taken()

    def end(self) -> Iterator[str]:
        """Yield what is left where the stream did not end with a line's end."""
        if self._held_bytes:
            yield self._taken()

    def _hold(self, piece: bytes) -> None:
        self._held.append(piece)
        self._held_bytes += len(piece)

    def _taken(self) -> str:
        line = b"".join(self._held).rstrip(b"\r").rpartition(b"\r")[2]
        self._held.clear()
        self._held_bytes = 0
        return line.decode(errors="replace")
