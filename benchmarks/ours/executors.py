"""The jobs of the benchmarks: next to nothing, so that only the queue is measured."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from benchmarks.marks import lateness, marker
from pyjobkit_django import ExecContext, Executor

LINES = 10
STEPS = 5

_mark = marker()
_mark_lateness = lateness()


class Noop(Executor):
    kind = "noop"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> None:
        _mark()


class Late(Executor):
    kind = "late"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> None:
        _mark_lateness(payload["sent"])


class Sleep(Executor):
    kind = "sleep"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> None:
        _mark()
        await asyncio.sleep(1)
        _mark()


class Chatty(Executor):
    kind = "chatty"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> None:
        _mark()
        for step in range(1, STEPS + 1):
            for line in range(LINES // STEPS):
                await ctx.log(f"step {step}, line {line}")
            await ctx.set_progress(step / STEPS)
