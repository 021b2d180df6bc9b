"""What becomes of a command's output: log, progress, result, a failure's last lines."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import asyncssh

from pyjobkit_django.contracts import ExecContext
from pyjobkit_django.executors.progress_lines import parse_progress
from pyjobkit_django.executors.ssh.lines import Lines
from pyjobkit_django.payload import clean_text

#: How much of stdout the result keeps, in bytes.
MAX_OUTPUT: Final = 65_536
#: How much of stderr a failure keeps, in lines and in characters.
TAIL_LINES: Final = 20
MAX_TAIL: Final = 4_000

_CHUNK: Final = 65_536


class Output:
    """Passes each line on as it comes, no faster than the job's log takes it."""

    def __init__(self, ctx: ExecContext) -> None:
        self._ctx = ctx
        self._head = bytearray()
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._is_truncated = False

    def as_json(self) -> dict[str, str | bool]:
        """Return the ``output`` that a result shows, and whether it is ``truncated``."""
        # A cut may go through a character, whose beginning is left out.
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        text = decoder.decode(bytes(self._head), final=not self._is_truncated)
        cut = {"truncated": True} if self._is_truncated else {}
        return {"output": clean_text(text), **cut}

    @property
    def stderr_tail(self) -> str:
        """The last lines of stderr."""
        return clean_text("\n".join(self._tail)[-MAX_TAIL:])

    async def log_stdout(self, stream: asyncssh.SSHReader[bytes]) -> None:
        """Return once the stream has ended and every line of it is logged."""
        await _hand_over(stream, self._take_stdout, self._keep)

    async def log_stderr(self, stream: asyncssh.SSHReader[bytes]) -> None:
        """Return once the stream has ended and every line of it is logged."""
        await _hand_over(stream, self._take_stderr)

    def _keep(self, chunk: bytes) -> None:
        room = MAX_OUTPUT - len(self._head)
        self._head += chunk[:room]
        self._is_truncated = self._is_truncated or len(chunk) > room

    async def _take_stdout(self, line: str) -> None:
        progress = parse_progress(line)
        if progress is None:
            await self._ctx.log(line, stream="stdout")
            return
        value, text = progress
        await self._ctx.set_progress(value, **({"text": text} if text else {}))

    async def _take_stderr(self, line: str) -> None:
        self._tail.append(line[-MAX_TAIL:])
        await self._ctx.log(line, stream="stderr")


async def _hand_over(
    stream: asyncssh.SSHReader[bytes],
    take: Callable[[str], Awaitable[None]],
    keep: Callable[[bytes], None] | None = None,
) -> None:
    lines = Lines()
    while chunk := await stream.read(_CHUNK):
        if keep is not None:
            keep(chunk)
        for line in lines.feed(chunk):
            await take(line)
    for line in lines.end():
        await take(line)
