"""Our ends of the pipes to a process.

They are not asyncio's: its ``Process.wait`` returns only after its own pipes have ended,
which whoever inherited them can delay for ever.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final, Self

#: The most that is read or written at once, in bytes: other jobs have their turn between.
CHUNK_BYTES: Final = 16_384
#: No pipe that an ordinary user made larger holds more, in bytes.
LARGEST_PIPE_BYTES: Final = 1_048_576


class Pipe:
    """A pipe between us, who never block on it, and a process at its far end."""

    def __init__(self, near_end: int, far_end: int) -> None:
        os.set_blocking(near_end, False)
        self.far_end = far_end
        self._near_end = near_end
        self._open = {near_end, far_end}

    def close_far_end(self) -> None:
        """Leave the far end to the process, so that it ends with it."""
        self._close(self.far_end)

    def close(self) -> None:
        """Give back what is still open of it."""
        self._close(self._near_end)
        self._close(self.far_end)

    def _close(self, end: int) -> None:
        if end in self._open:
            self._open.remove(end)
            os.close(end)


class OutputPipe(Pipe):
    """What a process writes."""

    def __init__(self) -> None:
        near_end, far_end = os.pipe()
        super().__init__(near_end, far_end)
        self._ready: asyncio.Future[None] | None = None
        self._left = math.inf

    async def read(self) -> bytes:
        """Return the next bytes, as soon as there are some; none at the end."""
        if self._left == math.inf:
            await self._written_to()
        else:
            await asyncio.sleep(0)
        if self._left <= 0:
            return b""
        try:
            chunk = os.read(self._near_end, CHUNK_BYTES)
        except BlockingIOError:
            return b""
        self._left -= len(chunk)
        return chunk

    def finish(self) -> None:
        """Let it end with what was written so far, whoever may hold the far end.

        Of one who writes on and on there comes no more than a pipe can hold.
        """
        self._left = LARGEST_PIPE_BYTES
        if self._ready is not None:
            _resolve(self._ready)

    async def _written_to(self) -> None:
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        await _ready(self._ready, self._near_end, loop.add_reader, loop.remove_reader)


class InputPipe(Pipe):
    """What a process reads."""

    def __init__(self, text: str) -> None:
        far_end, near_end = os.pipe()
        super().__init__(near_end, far_end)
        self._unwritten = memoryview(text.encode(errors="replace"))

    async def feed(self) -> None:
        """Write the text and the end, or as much as somebody wants to read."""
        loop = asyncio.get_running_loop()
        with suppress(BrokenPipeError):
            while self._unwritten:
                ready = loop.create_future()
                await _ready(ready, self._near_end, loop.add_writer, loop.remove_writer)
                written = os.write(self._near_end, self._unwritten[:CHUNK_BYTES])
                self._unwritten = self._unwritten[written:]
        self._close(self._near_end)


class Pipes:
    """The standard streams of a process, closed at the end of the block."""

    def __init__(self, stdin: str | None) -> None:
        with ExitStack() as opened:
            self.stdout = OutputPipe()
            opened.callback(self.stdout.close)
            self.stderr = OutputPipe()
            opened.callback(self.stderr.close)
            self.stdin = None if stdin is None else InputPipe(stdin)
            if self.stdin is not None:
                opened.callback(self.stdin.close)
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._opened.close()

    def close_far_ends(self) -> None:
        """Leave the far ends to the process."""
        for pipe in (self.stdout, self.stderr, self.stdin):
            if pipe is not None:
                pipe.close_far_end()

    async def feed(self) -> None:
        """Write what the process is to read."""
        if self.stdin is not None:
            await self.stdin.feed()

    def finish(self) -> None:
        """Let both outputs end with what was written so far."""
        self.stdout.finish()
        self.stderr.finish()


async def _ready(
    ready: asyncio.Future[None],
    fd: int,
    add: Callable[..., None],
    remove: Callable[[int], bool],
) -> None:
    add(fd, _resolve, ready)
    try:
        await ready
    finally:
        remove(fd)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
