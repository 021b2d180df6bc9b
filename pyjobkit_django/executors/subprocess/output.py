"""What becomes of a command's output: the job's log, its progress, a failure's last lines."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from pyjobkit_django.contracts import ExecContext
from pyjobkit_django.executors.subprocess.lines import LineSplitter
from pyjobkit_django.executors.subprocess.pipes import OutputPipe, Pipes
from pyjobkit_django.executors.subprocess.progress import progress_in
from pyjobkit_django.payload import clean_text

#: How much of stderr a failure keeps, in characters.
MAX_TAIL: Final = 4_000


class Output:
    """Passes each line on as it comes, no faster than the job's log takes it."""

    def __init__(self, ctx: ExecContext, *, tail_lines: int) -> None:
        self._ctx = ctx
        self._tail: deque[str] = deque(maxlen=tail_lines)

    @property
    def stderr_tail(self) -> str:
        """The last lines of stderr."""
        return clean_text("\n".join(self._tail)[-MAX_TAIL:])

    async def log(self, pipes: Pipes) -> None:
        """Return once both streams have ended and every line of them is logged."""
        async with asyncio.TaskGroup() as streams:
            streams.create_task(self._log(pipes.stdout, "stdout"))
            streams.create_task(self._log(pipes.stderr, "stderr"))

    async def _log(self, pipe: OutputPipe, stream: str) -> None:
        take = self._take_stdout if stream == "stdout" else self._take_stderr
        lines = LineSplitter()
        while chunk := await pipe.read():
            for line in lines.feed(chunk):
                await take(line)
        for line in lines.end():
            await take(line)

    async def _take_stdout(self, line: str) -> None:
        progress = progress_in(line)
        if progress is None:
            await self._ctx.log(line, stream="stdout")
        elif progress.text:
            await self._ctx.set_progress(progress.value, text=progress.text)
        else:
            await self._ctx.set_progress(progress.value)

    async def _take_stderr(self, line: str) -> None:
        self._tail.append(line[-MAX_TAIL:])
        await self._ctx.log(line, stream="stderr")
