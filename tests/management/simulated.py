"""What the simulated jobs do."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from pyjobkit_django import Executor


class Echo(Executor):
    """Returns its payload, or how many of its kind ran at once."""

    kind = "echo"
    running = 0

    async def run(self, *, job_id, payload, ctx):
        if not payload.get("together"):
            return payload
        self.running += 1
        at_once = self.running
        for _ in range(5):
            await asyncio.sleep(0)
        self.running -= 1
        return {"at_once": at_once}


class Fails(Executor):
    """Fails ``times`` times."""

    kind = "fails"

    async def run(self, *, job_id, payload, ctx):
        if ctx.attempt <= payload.get("times", 9):
            raise ValueError(f"attempt {ctx.attempt}")
        return {"attempt": ctx.attempt}


class Forever(Executor):
    kind = "forever"

    async def run(self, *, job_id, payload, ctx):
        await asyncio.Event().wait()


class Deaf(Executor):
    """Ignores being cancelled, as often as it may be."""

    kind = "deaf"

    async def run(self, *, job_id, payload, ctx):
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.02)
