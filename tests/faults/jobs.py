"""The jobs that run through faults: they keep a journal, and some kill their worker."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from typing import Any, Final, NoReturn
from uuid import UUID

from pyjobkit_django import ExecContext, Executor
from tests.faults.journal import END, KILL, START, STOP, TICK, write_line

TICK_S: Final = 0.05
#: Where a job may have its worker killed; ``exit`` is how it ends when memory runs out.
CLAIMED, RUNNING, EXIT = "claimed", "running", "exit"
ENDED, SETTLED = "ended", "settled"


class Step(Executor):
    """Runs for ``for_s`` seconds, with a line in the journal now and then.

    ``die`` names the moment at which its first run takes the worker with it.
    """

    kind = "step"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        version: int = ctx.job.version
        about = (os.getpid(), job_id, version, ctx.attempt)
        note = partial(write_line, payload["journal"])
        note(START, *about)
        await ctx.log(f"run {version}")
        try:
            for _ in range(round(payload["for_s"] / TICK_S)):
                await asyncio.sleep(TICK_S)
                note(TICK, *about)
                if ctx.attempt == 1 and payload.get("die") in (RUNNING, EXIT):
                    die(payload)
        except asyncio.CancelledError:
            note(STOP, *about)
            raise
        note(END, *about)
        return {"version": version, "pid": os.getpid()}


def die(payload: dict[str, Any]) -> NoReturn:
    """End this process as the job asks, without a chance to tidy up."""
    write_line(payload["journal"], KILL, os.getpid())
    if payload["die"] == EXIT:
        os._exit(137)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a SIGKILL was survived")
