"""The site and a worker, from their start to their end."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress

from serving.ports import HOST
from serving.programs import Program, ProgramEndedError, running, watch

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: How often the site is asked whether it listens, in seconds.
ASK_EVERY_S = 0.1
#: How much of a log is shown when its program ended by itself.
LAST_LINES = 30


async def run_together(
    programs: Sequence[Program], *, port: int, when_up: Callable[[], None]
) -> int:
    """Run programs until a signal asks to stop; return the exit code.

    0 if a signal ended them, 1 if one ended by itself: the others are stopped then, too.
    """
    stopped = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    faults: Sequence[BaseException] = ()
    try:
        await _run_until(stopped, programs, port, when_up)
    except* ProgramEndedError as ended:
        faults = ended.exceptions
    for fault in faults:
        _explain(fault)
    return 1 if faults else 0


async def _run_until(
    stopped: asyncio.Event,
    programs: Sequence[Program],
    port: int,
    when_up: Callable[[], None],
) -> None:
    async with AsyncExitStack() as stack:
        started = [
            (program, await stack.enter_async_context(running(program)))
            for program in programs
        ]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(watch(*pair)) for pair in started]
            tasks.append(group.create_task(_announce(port, when_up)))
            await stopped.wait()
            for task in tasks:
                task.cancel()


async def _announce(port: int, when_up: Callable[[], None]) -> None:
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
            return when_up()
        await asyncio.sleep(ASK_EVERY_S)


def _explain(error: BaseException) -> None:
    sys.stderr.write(f"\nserve: {error}; the rest was stopped, too\n")
    log = error.program.log if isinstance(error, ProgramEndedError) else None
    if log is not None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        sys.stderr.writelines(f"  {line}\n" for line in lines[-LAST_LINES:])
