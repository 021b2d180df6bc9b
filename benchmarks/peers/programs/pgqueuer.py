"""PGQueuer; the worker is ``worker BATCH``: what ``pgq run`` does, through its public run()."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pgqueuer
import uvloop
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries

from benchmarks.marks import lateness, marker
from benchmarks.program import AsyncProgram, main

_mark = marker()
_mark_lateness = lateness()


@asynccontextmanager
async def workshop() -> AsyncIterator[PgQueuer]:
    queue = PgQueuer(AsyncpgDriver(await asyncpg.connect(os.environ["BENCH_DSN"])))

    @queue.entrypoint("noop")
    async def noop(job: Job) -> None:
        _mark()

    @queue.entrypoint("late")
    async def late(job: Job) -> None:
        _mark_lateness(int(job.payload or 0))

    @queue.entrypoint("sleep")
    async def sleep(job: Job) -> None:
        _mark()
        await asyncio.sleep(1)
        _mark()

    yield queue


class PGQueuer(AsyncProgram):
    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        connection = await asyncpg.connect(os.environ["BENCH_DSN"])
        self.queries = Queries(AsyncpgDriver(connection))
        yield
        await connection.close()

    async def set_up(self) -> None:
        await self.queries.install()

    async def send(self, kind: str, sent: int | None = None) -> object:
        return await self.queries.enqueue(kind, str(sent).encode() if sent else None)

    async def send_many(self, kind: str, jobs: int) -> object:
        return await self.queries.enqueue([kind] * jobs, [None] * jobs, [0] * jobs)


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        uvloop.run(pgqueuer.run(workshop, batch_size=int(sys.argv[2])))
    else:
        main(PGQueuer())
