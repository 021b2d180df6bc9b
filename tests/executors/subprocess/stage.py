"""Runs payloads with real processes, and tells what became of those."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from pyjobkit_django import ExecContext
from pyjobkit_django.executors.subprocess import SubprocessExecutor

#: A shell that waits for three grandchildren, two of which ignore being asked to end.
FAMILY = """
echo $$
trap '' TERM
sleep 20 &
sh -c 'while :; do sleep 0.05; done' &
trap - TERM
sleep 20 &
echo ready
wait
"""


class Notes(ExecContext):
    """Keeps what is logged, line by line and in order."""

    def __init__(self):
        self.lines = []
        self.progress = []

    async def log(self, message, /, *, stream="stdout"):
        self.lines.append((stream, message))

    async def is_cancelled(self):
        return False

    async def set_progress(self, value, /, **meta):
        self.progress.append((value, meta))

    def profile_phase(self, name, /, **meta):
        raise NotImplementedError

    def of(self, stream):
        return [line for source, line in self.lines if source == stream]

    @property
    def stdout(self):
        return self.of("stdout")

    @property
    def stderr(self):
        return self.of("stderr")

    async def until(self, line):
        """Wait until a line of stdout was logged."""
        async with asyncio.timeout(10):
            while line not in self.stdout:
                await asyncio.sleep(0.002)


async def make(**options):
    """Make an executor where looking for commands may take its time: in a thread."""
    return await asyncio.to_thread(partial(SubprocessExecutor, **options))


async def run(cmd, *, ctx=None, options=None, **payload):
    """Run a command and return its result with the notes taken of it."""
    notes = ctx or Notes()
    executor = await make(**(options or {}))
    result = await executor.run(
        job_id=uuid4(), payload={"cmd": cmd, **payload}, ctx=notes
    )
    return result, notes


@asynccontextmanager
async def running(cmd, *, until="ready", grace_s=0.2, ctx=None, **payload):
    """Yield the task of a run that got as far as to print a line, and its notes."""
    notes = ctx or Notes()
    options = {"grace_s": grace_s}
    task = asyncio.create_task(run(cmd, ctx=notes, options=options, **payload))
    try:
        await notes.until(until)
        yield task, notes
    finally:
        task.cancel()
        await asyncio.wait({task})


def members(group_id):
    """Return the living processes of a group."""
    return [pid for pid, group, state in _table() if group == group_id and state != "Z"]


def is_alive(pid):
    return any(found == pid and state != "Z" for found, _, state in _table())


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


async def all_closed(before):
    """Return once no more files are open than ``before``; the loop closes some later."""
    async with asyncio.timeout(10):
        while open_files() > before:
            await asyncio.sleep(0.01)


def seconds_until_gone(group_id, began, within_s=10):
    """Return how long after ``began`` the last living member of a group was gone."""
    while members(group_id):
        assert time.monotonic() - began < within_s
        time.sleep(0.005)
    return time.monotonic() - began


def _table():
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text(errors="replace")
        except OSError:
            continue
        state, _, group, *_ = stat.rpartition(")")[2].split()
        yield int(entry.name), int(group), state
