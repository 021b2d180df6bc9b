"""The facade of the toolkit: enqueue jobs, look at them, cancel them, wait for them."""

from __future__ import annotations

import asyncio
import inspect
import math
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID, uuid4

from pyjobkit_django.chains import linked
from pyjobkit_django.closing import close_each
from pyjobkit_django.context import DefaultExecContext, ExecContextFactory
from pyjobkit_django.contracts import (
    ClaimedRow,
    EventBus,
    ExecContext,
    JobRecord,
    LogSink,
    QueueBackend,
)
from pyjobkit_django.errors import (
    InvalidExecutorError,
    QueueFullError,
    WaitTimeoutError,
)
from pyjobkit_django.events import LocalEventBus
from pyjobkit_django.ids import job_id_of
from pyjobkit_django.job_fields import check_delay, check_time
from pyjobkit_django.jobs import (
    DEFAULT_MAX_ATTEMPTS,
    FINAL,
    JobRules,
    JobSpec,
)
from pyjobkit_django.logs import MemoryLogSink
from pyjobkit_django.operations import Operations
from pyjobkit_django.registry import check_executor, discover_executors
from pyjobkit_django.tracing import tracer

type Router = Callable[[str, Any], str | Awaitable[str | None] | None]

#: How often ``wait`` looks, in seconds: at first, and at the most.
WAIT_POLL_S: Final = (0.02, 1.0)


class Engine(Operations):
    """One backend, and the executors that run its jobs.

    ``executors`` may be empty where jobs are only enqueued. With ``max_queue_size``,
    ``enqueue`` raises QueueFullError (a TimeoutError) while that many jobs are queued:
    at once, or after ``enqueue_timeout_s`` seconds of looking again.
    """

    def __init__(  # noqa: PLR0913 - pyjobkit's signature
        self,
        *,
        backend: QueueBackend,
        executors: Iterable[Any] = (),
        log_sink: LogSink | None = None,
        event_bus: EventBus | None = None,
        max_queue_size: int | None = None,
        enqueue_timeout_s: float | None = None,
        enqueue_check_interval_s: float = 0.1,
        exec_context_factory: ExecContextFactory | None = None,
        default_max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        rules: JobRules | None = None,
    ) -> None:
        self.backend = backend
        self.executors: dict[str, Any] = {}
        self.log_sink = log_sink or MemoryLogSink()
        self.event_bus = event_bus or LocalEventBus()
        self.max_queue_size = max_queue_size
        self.enqueue_timeout_s = enqueue_timeout_s
        self.exec_context_factory = exec_context_factory or DefaultExecContext
        self.rules = rules or JobRules(max_attempts=default_max_attempts)
        self._check_interval_s = enqueue_check_interval_s
        self._router: Router | None = None
        for executor in executors:
            self.register_executor(executor)

    @property
    def default_max_attempts(self) -> int:
        """How often a job is tried where ``enqueue`` does not say."""
        return self.rules.max_attempts

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the executors, backend, log sink and event bus that have a ``close``."""
        ours = (self.backend, self.log_sink, self.event_bus)
        await close_each([*self.executors.values(), *ours])

    # Enqueueing.

    async def enqueue(self, *, kind: str, payload: Any = None, **options: Any) -> UUID:
        """Store a job and return its id, or that of the job that holds its key.

        Options: queue, priority (lower first), scheduled_for (aware datetime),
        max_attempts, timeout_s, retry_policy (``"exponential:1:2"``), idempotency_key,
        unique_key, tags, shadow (throw the result away), webhooks (``{"complete": url,
        "fail": url, "timeout": url}``). Raises InvalidJobError (a ValueError) that names the field.
        """
        (job_id,) = await self.enqueue_many(
            [{**options, "kind": kind, "payload": payload}]
        )
        return job_id

    async def enqueue_at(self, when: datetime, *, kind: str, **options: Any) -> UUID:
        """Store a job that is due at ``when``, an aware datetime."""
        check_time("when", when)
        return await self.enqueue(kind=kind, scheduled_for=when, **options)

    async def enqueue_in(
        self, delay: float | timedelta, *, kind: str, **options: Any
    ) -> UUID:
        """Store a job that is due in ``delay`` seconds (or a timedelta)."""
        seconds = delay.total_seconds() if isinstance(delay, timedelta) else delay
        wait = timedelta(seconds=check_delay("delay", seconds))
        return await self.enqueue(kind=kind, scheduled_for=_now() + wait, **options)

    async def chain(self, *steps: Mapping[str, Any]) -> UUID:
        """Store jobs of which each runs once the one before has succeeded.

        Steps are the keywords of ``enqueue``; all are checked now. Each payload gets
        ``previous_result`` and ``previous_job_id``. Returns the first one's id.
        """
        specs = [self.rules.build(**await self._routed(step)) for step in steps]
        (job_id,) = await self._store([linked(specs)])
        return job_id

    async def enqueue_many(self, jobs: Iterable[Mapping[str, Any]]) -> list[UUID]:
        """Store jobs, given as the keywords of ``enqueue``; return their ids in order.

        Nothing is stored unless every one of them is sound.
        """
        specs = [self.rules.build(**await self._routed(job)) for job in jobs]
        return await self._store(specs) if specs else []

    def set_router(self, router: Router | None) -> None:
        """Let ``router(kind, payload)`` replace the kind of each job; None keeps it."""
        if router is not None and not callable(router):
            raise TypeError(f"a router is a callable or None, not {router!r}")
        self._router = router

    # Looking.

    async def get(self, job_id: UUID | str) -> JobRecord:
        """Return the job's record; JobNotFoundError (a KeyError) where there is none."""
        return await self.backend.get(job_id_of(job_id))

    async def wait(
        self, job_id: UUID | str, *, timeout_s: float | None = None
    ) -> JobRecord:
        """Return the job's record once it has ended.

        Raises WaitTimeoutError (a TimeoutError) after ``timeout_s`` seconds. Call it
        outside a transaction: inside one, the end of the job is never seen.
        """
        pause, ceiling = WAIT_POLL_S
        deadline = math.inf if timeout_s is None else time.monotonic() + timeout_s
        while (record := await self.get(job_id))["status"] not in FINAL:
            left = deadline - time.monotonic()
            if left <= 0:
                raise WaitTimeoutError(
                    f"job {job_id} is still {record['status']} after {timeout_s} s"
                )
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, ceiling)
        return record

    async def dequeue(
        self,
        worker_id: UUID | None = None,
        *,
        limit: int = 1,
        kinds: Collection[str] | None = None,
        queues: Collection[str] | None = None,
    ) -> list[ClaimedRow]:
        """Lease up to ``limit`` queued jobs, for code that runs its own loop.

        Start each with ``backend.mark_running`` and end it with ``backend.succeed``,
        ``fail``, ``timeout`` or ``retry``; a Worker does all of that.
        """
        return await self.backend.claim_batch(
            worker_id or uuid4(), limit=limit, kinds=kinds, queues=queues
        )

    async def queue_depth(self) -> int:
        """Return how many jobs are queued."""
        return await self.backend.queue_depth()

    async def check_connection(self) -> None:
        """Raise where the backend cannot be reached."""
        await self.backend.check_connection()

    # Executors and contexts.

    def register_executor(self, executor: Any) -> None:
        """Run the jobs of ``executor.kind`` with it; InvalidExecutorError if it is taken."""
        kind = check_executor(executor)
        if kind in self.executors:
            raise InvalidExecutorError(
                f"the kind {kind!r} is taken by {type(self.executors[kind]).__qualname__}"
            )
        self.executors[kind] = executor

    def register_plugins(self, *, only: Iterable[str] | None = None) -> list[str]:
        """Register the executors of installed plugins; return the kinds that were new."""
        found = [
            plugin
            for plugin in discover_executors(only)
            if plugin.kind not in self.executors
        ]
        for executor in found:
            self.register_executor(executor)
        return [str(executor.kind) for executor in found]

    def executor_for(self, kind: str) -> Any:
        """Return the executor of a kind; None where there is none."""
        return self.executors.get(kind)

    def make_ctx(
        self,
        job_id: UUID,
        *,
        is_shadow: bool = False,
        log_sink: LogSink | None = None,
        backend: QueueBackend | None = None,
    ) -> ExecContext:
        """Return a context for a run of ``job_id``; a worker hands in what it uses."""
        context = self.exec_context_factory(
            job_id,
            log_sink=log_sink or self.log_sink,
            event_bus=self.event_bus,
            backend=backend or self.backend,
        )
        context.is_shadow = is_shadow
        return context

    async def _routed(self, job: Mapping[str, Any]) -> dict[str, Any]:
        fields = dict(job)
        if self._router is not None:
            kind = self._router(fields.get("kind", ""), fields.get("payload"))
            chosen = await kind if inspect.isawaitable(kind) else kind
            fields["kind"] = fields.get("kind") if chosen is None else chosen
        return fields

    async def _store(self, specs: list[JobSpec]) -> list[UUID]:
        await self._wait_for_room()
        carried = "trace_context" in self.backend.stores
        with tracer().enqueueing(specs, carried=carried) as traced:
            return await self.backend.enqueue_many(traced)

    async def _wait_for_room(self) -> None:
        if self.max_queue_size is None:
            return
        deadline = time.monotonic() + (self.enqueue_timeout_s or 0.0)
        while await self.backend.queue_depth() >= self.max_queue_size:
            if time.monotonic() >= deadline:
                raise QueueFullError(
                    f"{self.max_queue_size} jobs are queued (max_queue_size); "
                    f"enqueue later, or add workers"
                )
            await asyncio.sleep(self._check_interval_s)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a delay counts from the caller's clock
