"""The worker: claims jobs, runs them, and writes down how they ended."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final, Self, Unpack
from uuid import uuid4

from pyjobkit_django.contracts import LogSink, QueueBackend
from pyjobkit_django.engine import Engine
from pyjobkit_django.metrics import process_metrics
from pyjobkit_django.worker.crew import Crew
from pyjobkit_django.worker.journal import Journal
from pyjobkit_django.worker.options import WorkerKeywords, options_of
from pyjobkit_django.worker.shift import Shift, kinds_to_claim
from pyjobkit_django.worker.tally import Tally

#: How long the backend may take to say that it is well, in seconds.
HEALTH_S: Final = 5.0


class Worker:
    """Runs the jobs of an engine.

    Keywords, times being in seconds:

    - ``max_concurrency=8`` jobs at once, ``poll_interval=0.5`` between looks
    - ``batch`` or ``batch_size``: the most jobs in one claim, at most 100 by itself
    - ``kinds``, ``tags``, ``queues``: claim only these; by default all there are
    - ``rate_limits``: starts a second by kind, for example ``{"mail": (5, 10)}``
    - ``lease_ttl=30``: how soon another worker takes over where this one dies
    - ``stop_timeout=60``: how long running jobs are waited for at the end; None for ever
    - ``retry_policy="exponential:1:2"``: for the jobs that name none
    - ``watchdog_interval_s``: how rarely dead workers' jobs are looked for
    - ``heartbeat_interval_s`` and ``on_heartbeat(worker_id)``
    - ``on_lease_lost(job_id, row)``: called, or awaited, after a run was stopped for it
    - ``queue_capacity``: from so many queued jobs on, ``check_health`` is unhealthy
    - ``log_limits``: how much one run may log
    - ``metrics``: what hears of all that; by default the process's, see ``metrics``

    A bad one raises ConfigError (a ValueError) that names it.
    """

    def __init__(self, engine: Engine, **keywords: Unpack[WorkerKeywords]) -> None:
        self.engine = engine
        self.worker_id = uuid4()
        self.options = options_of(keywords)
        self.kinds = self.options.kinds
        self.tags = self.options.tags
        self.queues = self.options.queues
        self.rate_limits = self.options.rate_limits
        self.retry_policy = self.options.retry_policy
        self._backend: QueueBackend = engine.backend
        self._crew: Crew | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = False
        self._asked_to_stop = False
        self._hurried = False
        self._stop = asyncio.Event()
        self._stopped = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.request_stop()
        await self.wait_stopped()

    async def run(self, *, once: bool = False) -> None:
        """Work until asked to stop; with ``once``, until nothing is left that is due.

        ``once`` also waits for retries and for what falls due within 30 seconds. A
        worker runs once in its life: a second call raises RuntimeError. Cancelled, it
        stops its jobs and returns them to their queues first.
        """
        self._begin()
        try:
            kinds = kinds_to_claim(self.engine, self.kinds)
            async with (
                self.engine.backend.worker_session() as backend,
                _session_of(self.engine.log_sink) as log_sink,
            ):
                self._backend = backend
                shift = self._shift(backend, log_sink, kinds)
                self._crew = Crew(shift, self.request_stop)
                if self._hurried:
                    self._crew.drain.hurry()
                await self._crew.work(self._stop, once=once)
        finally:
            self._end()

    @property
    def stopping(self) -> bool:
        """Whether the worker was asked to stop."""
        return self._asked_to_stop

    def request_stop(self) -> None:
        """Claim no more, let running jobs end, and return from ``run``.

        Safe in a signal handler, more than once, and before ``run``.
        """
        self._asked_to_stop = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            return
        self._stop.set()
        if not self._started:
            self._stopped.set()

    def stop_now(self) -> None:
        """Stop without waiting for running jobs: they return to their queues."""
        self._hurried = True
        if self._loop is not None and self._crew is not None:
            self._loop.call_soon_threadsafe(self._crew.drain.hurry)
        self.request_stop()

    async def wait_stopped(self) -> None:
        """Return once ``run`` has, or once it need not be waited for."""
        await self._stopped.wait()

    async def check_health(self) -> dict[str, Any]:
        """Return ``status`` ("healthy" or not) with the queue's depth, or the reason.

        The worker is unhealthy while the backend does not answer, and while
        ``queue_capacity`` or more jobs are queued.
        """
        try:
            async with asyncio.timeout(HEALTH_S):
                await self._backend.check_connection()
                depth = await self._backend.queue_depth()
        except Exception as error:  # noqa: BLE001 - whatever the backend's driver raises
            return {"status": "unhealthy", "reason": repr(error)}
        capacity = self.options.queue_capacity
        overflow = capacity is not None and depth >= capacity
        return {
            "status": "unhealthy" if overflow else "healthy",
            "queue_depth": depth,
            "queue_overflow": overflow,
        }

    def _begin(self) -> None:
        if self._started:
            raise RuntimeError("a worker runs once in its life; make a new Worker")
        self._started = True
        self._loop = asyncio.get_running_loop()
        self._stopped.clear()

    def _end(self) -> None:
        self._loop = None
        self._backend = self.engine.backend
        self._stopped.set()

    def _shift(
        self, backend: QueueBackend, log_sink: LogSink, kinds: frozenset[str]
    ) -> Shift:
        metrics = self.options.metrics or process_metrics()
        tally = Tally()
        return Shift(
            worker_id=self.worker_id,
            engine=self.engine,
            backend=backend,
            log_sink=log_sink,
            options=self.options,
            kinds=kinds,
            journal=Journal(self.worker_id, tally, metrics),
            metrics=metrics,
            tally=tally,
        )


def _session_of(sink: LogSink) -> AbstractAsyncContextManager[LogSink]:
    # A site's own sink may know no more than ``write``.
    lend = getattr(sink, "worker_session", None)
    return lend() if lend else nullcontext(sink)
