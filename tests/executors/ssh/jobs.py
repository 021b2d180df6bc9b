"""What a run is handed, and looks at what it left behind."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from pyjobkit_django.contracts import ExecContext


class Context(ExecContext):
    """Keeps lines and progress."""

    def __init__(self):
        self.lines = []
        self.progress = []
        self.logged = asyncio.Event()

    async def log(self, message, /, *, stream="stdout"):
        self.lines.append((stream, message))
        self.logged.set()

    async def is_cancelled(self):
        return False

    async def set_progress(self, value, /, **meta):
        self.progress.append((value, meta))

    def profile_phase(self, name, /, **meta):
        raise NotImplementedError

    def texts(self, stream="stdout"):
        return [text for of, text in self.lines if of == stream]


def is_alive(pid):
    """Tell whether a process runs; one that is dead but not yet buried does not."""
    try:
        with Path(f"/proc/{pid}/stat").open() as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(condition, *, within=5):
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def started(ctx, run):
    """Have a command run that prints its pid first; hand out its task and the pid."""
    task = asyncio.ensure_future(run())
    try:
        logged = asyncio.ensure_future(ctx.logged.wait())
        await asyncio.wait(
            {task, logged}, return_when=asyncio.FIRST_COMPLETED, timeout=5
        )
        logged.cancel()
        if task.done():
            await task
        yield task, int(ctx.texts()[0])
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


def kill(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, 9)
