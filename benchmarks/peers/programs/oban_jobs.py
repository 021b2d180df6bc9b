"""Oban's jobs, in a module of their own: it names workers by their module."""

from __future__ import annotations

import asyncio
from typing import Any

from oban import worker

from benchmarks.marks import lateness, marker

_mark = marker()
_mark_lateness = lateness()


@worker(queue="default")
class Noop:
    async def process(self, job: Any) -> None:
        _mark()


@worker(queue="default")
class Late:
    async def process(self, job: Any) -> None:
        _mark_lateness(job.args["sent"])


@worker(queue="default")
class Sleep:
    async def process(self, job: Any) -> None:
        _mark()
        await asyncio.sleep(1)
        _mark()
