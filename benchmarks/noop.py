"""The job of the benchmarks: nothing, so that only the queue is measured."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyjobkit_django import ExecContext, Executor


class Noop(Executor):
    kind = "noop"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> None:
        return None
