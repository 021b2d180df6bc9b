"""What the worker processes of these tests run; each run leaves a line in a journal."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async

from pyjobkit_django import ExecContext, Executor

PAUSE_S = 0.02


class Note(Executor):
    """Writes a line and ends."""

    kind = "note"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        await asyncio.sleep(payload.get("for_s", 0))
        write_line(payload["journal"], "note", job_id, payload.get("n"))
        await ctx.log(f"noted {payload.get('n')}")
        return {"n": payload.get("n")}


class Gate(Executor):
    """Writes a line, waits until the file ``gate`` is there, writes another."""

    kind = "gate"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        write_line(payload["journal"], "started", job_id, os.getpid())
        while not Path(payload["gate"]).exists():  # noqa: ASYNC240 - another process opens it
            await asyncio.sleep(PAUSE_S)
        write_line(payload["journal"], "passed", job_id, os.getpid())
        return {"pid": os.getpid()}


class Stuck(Executor):
    """Writes a line and blocks its thread for as long as the process lives."""

    kind = "stuck"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> None:
        write_line(payload["journal"], "started", job_id, os.getpid())
        await sync_to_async(time.sleep)(3_600)


class Deaf(Executor):
    """Writes a line and ignores being cancelled, as often as it may be."""

    kind = "deaf"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> None:
        write_line(payload["journal"], "started", job_id, os.getpid())
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(PAUSE_S)


class Poison(Executor):
    """Kills the worker that runs it."""

    kind = "poison"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> None:
        write_line(payload["journal"], "poison", job_id, os.getpid())
        os.kill(os.getpid(), signal.SIGKILL)


class Flaky(Executor):
    """Fails as often as ``failures`` says, then succeeds."""

    kind = "flaky"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        write_line(payload["journal"], "flaky", job_id, ctx.attempt)
        if ctx.attempt <= payload["failures"]:
            raise ConnectionError(f"attempt {ctx.attempt} found nobody")
        return {"attempt": ctx.attempt}


def write_line(journal: str, *words: object) -> None:
    """Append a line in one write, so that processes do not mix theirs."""
    line = " ".join(map(str, words)) + "\n"
    handle = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)
