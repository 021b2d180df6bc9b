"""The life of a command, from its start until nothing of it is left."""

from __future__ import annotations

import asyncio
import errno
import signal
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.executors.command_output import CommandOutput
from pyjobkit_django.executors.subprocess.command import Command
from pyjobkit_django.executors.subprocess.pipes import Pipes
from pyjobkit_django.executors.subprocess.process_group import ProcessGroup

#: How long what the command left in the background may go on, in seconds.
LINGER_S: Final = 0.5
#: How long the last lines of a stopped command may take to be logged, in seconds.
LAST_WORDS_S: Final = 0.25

#: Why no command was started, where trying again cannot help.
_HOPELESS: Final = frozenset(
    {errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR}
    | {errno.ENOEXEC, errno.ELOOP, errno.ENAMETOOLONG, errno.E2BIG}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ended; ``returncode`` is negative where a signal ended it."""

    returncode: int
    duration_ms: float

    @property
    def signal(self) -> str | None:
        """The name of the signal that ended the command, if one did."""
        if self.returncode >= 0:
            return None
        try:
            return signal.Signals(-self.returncode).name
        except ValueError:
            return str(-self.returncode)

    def as_result(self) -> dict[str, Any]:
        """Return it as a job's result."""
        result = {"returncode": self.returncode, "duration_ms": self.duration_ms}
        return result if self.signal is None else {**result, "signal": self.signal}


async def supervise(command: Command, output: CommandOutput, grace_s: float) -> Ending:
    """Run a command and return how it ended, once nothing of it is left.

    Cancelled, it first ends the command with all that this started, within ``grace_s``
    seconds and little more, however often it is cancelled meanwhile, and passes that on.
    Raises DiscardJob where the command cannot be started, now or ever.
    """
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    # In a task of its own, no cancelling interrupts the start or the end of a process.
    life = asyncio.Task(
        _live(command, output, stop, grace_s), loop=loop, eager_start=True
    )
    interruption: asyncio.CancelledError | None = None
    while not life.done():
        try:
            await asyncio.wait({life})
        except asyncio.CancelledError as error:
            interruption = error
            if not stop.done():
                stop.set_result(None)
    try:
        return life.result()
    finally:
        if interruption is not None:
            raise interruption


async def _live(
    command: Command, output: CommandOutput, stop: asyncio.Future[None], grace_s: float
) -> Ending:
    with Pipes(command.stdin) as pipes:
        started_at = time.monotonic()
        process = await _started(command, pipes)
        group = ProcessGroup(process)
        try:
            return await _Life(group, pipes, stop).follow(
                _ending(process, started_at), output, grace_s
            )
        except ExceptionGroup as errors:
            raise _first(errors) from None
        finally:
            await group.end(grace_s)


@dataclass(frozen=True, slots=True)
class _Life:
    group: ProcessGroup
    pipes: Pipes
    stop: asyncio.Future[None]

    async def follow(
        self, ending: Coroutine[Any, Any, Ending], output: CommandOutput, grace_s: float
    ) -> Ending:
        async with asyncio.TaskGroup() as tasks:
            ended = tasks.create_task(ending)
            logged = tasks.create_task(self._log(output))
            fed = tasks.create_task(self.pipes.feed())
            await self._unless_stopped(ended)
            lingered = tasks.create_task(self.group.ended(LINGER_S))
            await self._unless_stopped(lingered)
            await self.group.end(grace_s)
            self.pipes.finish()
            await self._unless_stopped(logged)
            if self.stop.done():
                await asyncio.wait({ended, logged}, timeout=LAST_WORDS_S)
            for task in (ended, logged, fed, lingered):
                task.cancel()
        return ended.result()

    async def _log(self, output: CommandOutput) -> None:
        async with asyncio.TaskGroup() as streams:
            streams.create_task(output.log_stdout(self.pipes.stdout.read))
            streams.create_task(output.log_stderr(self.pipes.stderr.read))

    async def _unless_stopped(self, task: asyncio.Task[Any]) -> None:
        """Wait for a task, but no longer than until the run is stopped."""
        await asyncio.wait({task, self.stop}, return_when=asyncio.FIRST_COMPLETED)


async def _started(command: Command, pipes: Pipes) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command.argv,
            stdin=pipes.stdin.far_end if pipes.stdin else asyncio.subprocess.DEVNULL,
            stdout=pipes.stdout.far_end,
            stderr=pipes.stderr.far_end,
            cwd=command.cwd,
            env=command.env,
            start_new_session=True,
        )
    except OSError as error:
        if error.errno not in _HOPELESS:
            raise
        where = f" in cwd {command.cwd!r}" if error.filename == command.cwd else ""
        raise DiscardJob(
            f"cannot start {command.name}{where}: {error.strerror}"
        ) from error
    finally:
        pipes.close_far_ends()


async def _ending(process: asyncio.subprocess.Process, started_at: float) -> Ending:
    returncode = await process.wait()
    duration_ms = round((time.monotonic() - started_at) * 1000, 3)
    return Ending(returncode=returncode, duration_ms=duration_ms)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
