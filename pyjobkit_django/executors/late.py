"""An executor that is imported once there is a job for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import Any
from uuid import UUID

from pyjobkit_django.contracts import ExecContext, Executor


class LateExecutor(Executor):
    """Runs a kind through the executor that ``make`` returns, called by the first job.

    For what every worker offers and few need: importing it is what takes long.
    """

    def __init__(self, kind: str, make: Callable[[], Executor]) -> None:
        self.kind = kind
        self._make = make
        self._made: Executor | None = None
        self._lock = Lock()

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> Any:
        executor = self._made
        if executor is None:
            executor = await asyncio.to_thread(self._make_once)
        return await executor.run(job_id=job_id, payload=payload, ctx=ctx)

    async def close(self) -> None:
        """Close the executor, if there was ever a job for it."""
        if self._made is not None:
            await self._made.close()

    def _make_once(self) -> Executor:
        with self._lock:
            self._made = self._made or self._make()
            return self._made
