"""Oban for Python; the worker is ``oban start``."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from oban import Oban
from oban.schema import install

from benchmarks.peers.programs import oban_jobs
from benchmarks.program import AsyncProgram, main

_KINDS: dict[str, Any] = {
    "noop": oban_jobs.Noop,
    "late": oban_jobs.Late,
    "sleep": oban_jobs.Sleep,
}


class ObanProgram(AsyncProgram):
    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        self.pool = await Oban.create_pool(dsn=os.environ["BENCH_DSN"])
        self.oban = Oban(pool=self.pool)
        yield
        await self.pool.close()

    async def set_up(self) -> None:
        await install(self.pool)

    async def send(self, kind: str, sent: int | None = None) -> object:
        return await self.oban.enqueue(_KINDS[kind].new({"sent": sent} if sent else {}))

    async def send_many(self, kind: str, jobs: int) -> object:
        return await self.oban.enqueue_many([_KINDS[kind].new({}) for _ in range(jobs)])


if __name__ == "__main__":
    main(ObanProgram())
