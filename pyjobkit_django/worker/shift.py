"""What the loops of one worker share while it works."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from pyjobkit_django.contracts import ClaimRequest, LogSink, QueueBackend
from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import ConfigError
from pyjobkit_django.metrics import UNMEASURED, WorkerMetrics
from pyjobkit_django.worker.journal import Journal
from pyjobkit_django.worker.options import WorkerOptions
from pyjobkit_django.worker.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Who works, for whom, on which kinds, by which monotonic clock."""

    worker_id: UUID
    engine: Engine
    backend: QueueBackend
    log_sink: LogSink
    options: WorkerOptions
    kinds: frozenset[str]
    journal: Journal
    tally: Tally
    metrics: WorkerMetrics = UNMEASURED
    clock: Callable[[], float] = time.monotonic

    def claim_request(
        self,
        limit: int,
        kinds: frozenset[str] | None = None,
        *,
        with_suspect: bool = True,
        afresh: bool = False,
    ) -> ClaimRequest:
        """Return the request for up to ``limit`` jobs, of all kinds or of these."""
        return ClaimRequest(
            worker_id=self.worker_id,
            limit=limit,
            ttl_s=self.options.lease_ttl,
            kinds=self.kinds if kinds is None else kinds,
            queues=self.options.queues,
            tags=self.options.tags,
            with_suspect=with_suspect,
            afresh=afresh,
        )


def kinds_to_claim(engine: Engine, asked: frozenset[str] | None) -> frozenset[str]:
    """Return the kinds that have an executor and were asked for; ConfigError if none."""
    registered = frozenset(engine.executors)
    kinds = registered if asked is None else registered & asked
    if not kinds:
        raise ConfigError(
            f"this worker has no kind to claim: there are executors for "
            f"{', '.join(sorted(registered)) or 'none'}"
            + ("" if asked is None else f"; kinds asks for {', '.join(sorted(asked))}")
        )
    return kinds
