"""pyjobkit 1.0 on its SQL backend; the worker is ``worker CONCURRENCY BATCH``."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pyjobkit import Engine, Worker
from pyjobkit.backends.sql import SQLBackend, metadata
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.marks import lateness, marker
from benchmarks.program import AsyncProgram, main

_mark = marker()
_mark_lateness = lateness()


class Noop:
    kind = "noop"

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> dict[str, Any]:
        _mark()
        return {}


class Late:
    kind = "late"

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> dict[str, Any]:
        _mark_lateness(payload["sent"])
        return {}


class Sleep:
    kind = "sleep"

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> dict[str, Any]:
        _mark()
        await asyncio.sleep(1)
        _mark()
        return {}


class Pyjobkit(AsyncProgram):
    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        url = os.environ["BENCH_DSN"].replace("postgresql:", "postgresql+asyncpg:")
        self.pool = create_async_engine(url, pool_size=20, max_overflow=10)
        backend = SQLBackend(self.pool)
        self.engine = Engine(backend=backend, executors=[Noop(), Late(), Sleep()])
        yield
        await self.pool.dispose()

    async def set_up(self) -> None:
        async with self.pool.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def send(self, kind: str, sent: int | None = None) -> object:
        return await self.engine.enqueue(kind=kind, payload={"sent": sent})

    async def send_many(self, kind: str, jobs: int) -> object:
        return await self.engine.enqueue_many(
            [{"kind": kind, "payload": {}} for _ in range(jobs)]
        )

    async def work(self, concurrency: int, batch: int) -> None:
        async with self.opened():
            worker = Worker(
                self.engine,
                max_concurrency=concurrency,
                batch=batch,
                poll_interval=0.5,
                lease_ttl=30,
            )
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, worker.request_stop)
            await worker.run()


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        logging.basicConfig(level=logging.ERROR)
        asyncio.run(Pyjobkit().work(int(sys.argv[2]), int(sys.argv[3])))
    else:
        main(Pyjobkit())
