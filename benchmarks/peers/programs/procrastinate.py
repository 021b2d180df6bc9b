"""Procrastinate; the worker is ``procrastinate worker``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import procrastinate

from benchmarks.marks import lateness, marker
from benchmarks.program import AsyncProgram, main

_mark = marker()
_mark_lateness = lateness()

connector = procrastinate.PsycopgConnector(
    conninfo=os.environ["BENCH_DSN"], min_size=4, max_size=20
)
app = procrastinate.App(connector=connector)


@app.task(name="noop")
async def noop(sent: int | None = None) -> None:
    _mark()


@app.task(name="late")
async def late(sent: int) -> None:
    _mark_lateness(sent)


@app.task(name="sleep")
async def sleep(sent: int | None = None) -> None:
    _mark()
    await asyncio.sleep(1)
    _mark()


class Procrastinate(AsyncProgram):
    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        async with app.open_async():
            yield

    async def set_up(self) -> None:
        await app.schema_manager.apply_schema_async()

    async def send(self, kind: str, sent: int | None = None) -> object:
        return await app.configure_task(kind).defer_async(sent=sent)

    async def send_many(self, kind: str, jobs: int) -> object:
        deferrer = app.configure_task(kind)
        return await deferrer.batch_defer_async(*[{"sent": None}] * jobs)


if __name__ == "__main__":
    main(Procrastinate())
