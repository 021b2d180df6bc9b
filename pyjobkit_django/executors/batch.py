"""Jobs of one kind that are done together: one call to a model or a service for many."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from pyjobkit_django.contracts import ExecContext, Executor
from pyjobkit_django.errors import ExecutorError

#: How long a batch may take to stop when its executor is closed, in seconds.
CLOSING_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """One job of a batch; ``attempts`` counts its runs with this one, ``ctx`` is its own."""

    job_id: UUID
    payload: dict[str, Any]
    attempts: int
    version: int | None
    ctx: ExecContext | None = field(default=None, repr=False, compare=False)


class Waiting(NamedTuple):
    """A run that waits for its part of a batch, and where it was called."""

    job: BatchJob
    answer: asyncio.Future[Any]
    context: Context


class BatchExecutor(Executor):
    """Gathers the runs of a worker and does up to ``max_batch_size`` of them in one call.

    What comes while a batch is under way makes up the next one; nobody waits for a
    batch to fill. No more than the worker's ``max_concurrency`` come together.

        class Embed(BatchExecutor):
            kind = "embed"

            async def run_batch(self, jobs):
                vectors = await model.embed([job.payload["text"] for job in jobs])
                return [{"vector": vector} for vector in vectors]
    """

    max_batch_size: int = 32

    # Not set in a constructor, which a subclass then need not call.
    _waiting: Sequence[Waiting] = ()
    _batch: Sequence[Waiting] = ()
    _working: asyncio.Task[None] | None = None

    @abstractmethod
    async def run_batch(self, jobs: Sequence[BatchJob]) -> list[Any]:
        """Do the jobs and return a result for each, in their order.

        An exception in the place of a result fails that job alone, as if its own run had
        raised it (DiscardJob and SnoozeJob too); one that is raised fails all of them.
        Where every job of the batch is stopped, so is this.
        """

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> Any:
        claimed = getattr(ctx, "job", None)
        job = BatchJob(
            job_id=job_id,
            payload=payload,
            attempts=ctx.attempt,
            version=claimed.version if claimed else None,
            ctx=ctx,
        )
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting = [*self._waiting, Waiting(job, answer, copy_context())]
        self._work_on()
        try:
            return await answer
        finally:
            await self._stop_if_deserted()

    async def close(self) -> None:
        """Stop the batch under way, if any, as far as it lets itself be stopped."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait({self._working}, timeout=CLOSING_S)

    def _work_on(self) -> None:
        """Begin the next batch, unless one is under way or nobody waits."""
        if self._working is not None or not self._waiting:
            return
        # In the context of one of its runs: its slot's thread and connection, its trace.
        self._working = asyncio.get_running_loop().create_task(
            self._work(), name=f"batch of {self.kind}", context=self._waiting[0].context
        )
        self._working.add_done_callback(self._end)

    async def _work(self) -> None:
        waiting = [each for each in self._waiting if not each.answer.done()]
        size = self.max_batch_size
        self._batch, self._waiting = waiting[:size], waiting[size:]
        if self._batch:
            results = await self._results([each.job for each in self._batch])
            for each, result in zip(self._batch, results, strict=True):
                _give(each.answer, result)

    def _end(self, _: object) -> None:
        self._batch, self._working = (), None
        self._work_on()

    async def _results(self, jobs: Sequence[BatchJob]) -> Sequence[Any]:
        try:
            return self._checked(await self.run_batch(jobs), len(jobs))
        except BaseException as error:  # noqa: BLE001 - an executor may raise SystemExit
            return [error] * len(jobs)

    def _checked(self, results: Any, count: int) -> Sequence[Any]:
        name = f"{type(self).__qualname__}.run_batch"
        if not isinstance(results, (list, tuple)):
            raise ExecutorError(
                f"{name} must return a list of results, not {type(results).__name__}"
            )
        if len(results) != count:
            raise ExecutorError(
                f"{name} returned {len(results)} results for {count} jobs"
            )
        return results

    async def _stop_if_deserted(self) -> None:
        working = self._working
        deserted = self._batch and all(each.answer.done() for each in self._batch)
        if working is not None and not working.done() and deserted:
            working.cancel()
            await asyncio.wait({working})


def _give(answer: asyncio.Future[Any], result: Any) -> None:
    if answer.done():
        return
    if isinstance(result, asyncio.CancelledError):
        answer.cancel()
    elif isinstance(result, BaseException):
        answer.set_exception(result)
    else:
        answer.set_result(result)
