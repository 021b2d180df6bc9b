"""Processes of this site, each in a session of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
#: How long a process may take to end once it was asked to, in seconds.
PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command of manage.py; what it says goes to ``log``, or to where ours goes."""

    name: str
    arguments: tuple[str, ...]
    log: Path | None = None


class ProgramEndedError(Exception):
    """A program ended that was to run on."""

    def __init__(self, program: Program, code: int) -> None:
        super().__init__(f"the {program.name} ended by itself, with exit code {code}")
        self.program = program


@asynccontextmanager
async def running(program: Program) -> AsyncIterator[Process]:
    """Lend the process of a program; it has ended when the block ends."""
    with program.log.open("wb") if program.log else nullcontext() as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(MANAGE),
            *program.arguments,
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl+C in the terminal is for us, who then end them in order.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await _end(process)


async def watch(program: Program, process: Process) -> None:
    """Wait until the process ends, and raise ProgramEndedError."""
    raise ProgramEndedError(program, await process.wait())


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        # The whole session: what it started must not outlive it either.
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
