"""From a command's streams to the job's log, its progress and a failure's last lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pyjobkit_django.contracts import ExecContext
from pyjobkit_django.errors import ExecutorError
from pyjobkit_django.executors.command_output.lines import LineSplitter
from pyjobkit_django.executors.command_output.progress import progress_in
from pyjobkit_django.payload import clean_text

#: How much of stderr a failure keeps, in lines by default and in characters.
TAIL_LINES: Final = 20
MAX_TAIL: Final = 4_000
#: How much of the last line of stderr a failure's message repeats, in characters.
MAX_LAST_LINE: Final = 300

#: Returns the next bytes of a stream, none at its end.
type Read = Callable[[], Awaitable[bytes]]


class CommandOutput:
    """Passes each line on as it comes, no faster than the job's log takes it."""

    def __init__(self, ctx: ExecContext, *, tail_lines: int = TAIL_LINES) -> None:
        self._ctx = ctx
        self._tail: deque[str] = deque(maxlen=tail_lines)

    @property
    def stderr_tail(self) -> str:
        """The last lines of stderr."""
        return clean_text("\n".join(self._tail)[-MAX_TAIL:])

    def failure(self, told: str, **details: Any) -> ExecutorError:
        """Return the error of a command that failed, with what it said at the end."""
        stderr = self.stderr_tail
        last_line = stderr.rstrip().rpartition("\n")[2][:MAX_LAST_LINE]
        return ExecutorError(
            f"{told}: {last_line}" if last_line else told,
            details={**details, "stderr": stderr},
        )

    async def log_stdout(self, read: Read) -> None:
        """Return once stdout has ended and every line of it is logged."""
        await _hand_over(read, self._take_stdout)

    async def log_stderr(self, read: Read) -> None:
        """Return once stderr has ended and every line of it is logged."""
        await _hand_over(read, self._take_stderr)

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


async def _hand_over(read: Read, take: Callable[[str], Awaitable[None]]) -> None:
    lines = LineSplitter()
    while chunk := await read():
        for line in lines.feed(chunk):
            await take(line)
    for line in lines.end():
        await take(line)
