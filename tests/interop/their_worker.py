"""pyjobkit's Worker in the test's own loop, and executors written for pyjobkit."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from pyjobkit import Engine, Executor, Worker

#: Far more than anything here takes on a loaded machine.
PATIENCE_S = 30.0
FINAL = ("success", "failed", "timeout", "cancelled")


class Echo(Executor):
    """Returns its payload; ``ran`` holds the ``n`` of the jobs in their order."""

    kind = "echo"

    def __init__(self) -> None:
        self.ran: list[Any] = []

    async def run(self, *, job_id: UUID, payload: dict[str, Any], ctx: Any) -> Any:
        self.ran.append(payload.get("n"))
        return dict(payload)


class Fails(Executor):
    """Fails a job as often as its payload says."""

    kind = "fails"

    def __init__(self) -> None:
        self.runs: Counter[UUID] = Counter()

    async def run(self, *, job_id: UUID, payload: dict[str, Any], ctx: Any) -> Any:
        self.runs[job_id] += 1
        if self.runs[job_id] <= payload["times"]:
            raise ValueError(f"run {self.runs[job_id]}")
        return {"run": self.runs[job_id]}


class Waits(Executor):
    """Runs until ``let_go`` is set, or until it is cancelled."""

    kind = "waits"

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.let_go = asyncio.Event()
        self.stopped = asyncio.Event()

    async def run(self, *, job_id: UUID, payload: dict[str, Any], ctx: Any) -> Any:
        self.started.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.stopped.set()
            raise
        return {}


@asynccontextmanager
async def at_work(engine: Engine, **options: Any) -> AsyncIterator[Worker]:
    """Let pyjobkit's Worker work meanwhile."""
    chosen = {"poll_interval": 0.02, "retry_policy": "fixed:0.02", **options}
    worker = Worker(engine, **chosen)
    work = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.request_stop()
        async with asyncio.timeout(PATIENCE_S):
            await work


async def ended(engine: Any, *job_ids: UUID) -> list[dict[str, Any]]:
    """Return the records of jobs once all of them have ended."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            records = [await engine.get(job_id) for job_id in job_ids]
            if all(record["status"] in FINAL for record in records):
                return records
            await asyncio.sleep(0.02)
