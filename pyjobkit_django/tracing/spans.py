"""The spans of OpenTelemetry; needs opentelemetry-api."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any, Final

from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, TracerProvider

from pyjobkit_django.errors import SnoozeJob
from pyjobkit_django.jobs import ClaimedJob, JobSpec, JobStatus
from pyjobkit_django.outcomes import Outcome
from pyjobkit_django.tracing.tracer import UNTRACED, RunSpan, Tracer

#: The outcome that a span shows where none is written.
LEASE_LOST = "lease_lost"
#: For so many seconds a worker goes by what it was told of the process's provider.
REMEMBERED_S: Final = 1.0


class SpanTracer(Tracer):
    """Makes ``pyjobkit.enqueue`` a child of the caller's span, ``pyjobkit.execute`` of that.

    The provider is the process's unless one is given. Where none is configured,
    OpenTelemetry records nothing, and no job carries anything.
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("pyjobkit", tracer_provider=provider)
        self._follows_the_process = provider is None
        self._was_idle = False
        self._ask_again_at = 0.0

    def enqueueing(
        self, specs: Sequence[JobSpec], *, carried: bool = True
    ) -> AbstractContextManager[Sequence[JobSpec]]:
        if self._is_idle():
            return nullcontext(specs)
        return self._enqueueing(specs, carried=carried)

    def executing(self, job: ClaimedJob) -> AbstractContextManager[RunSpan]:
        if not job.trace_context and self._is_idle_of_late():
            return UNTRACED
        return self._executing(job)

    def _is_idle(self) -> bool:
        """Whether nothing would be recorded: asked each time, since that may change."""
        return self._follows_the_process and isinstance(
            trace.get_tracer_provider(), trace.ProxyTracerProvider
        )

    def _is_idle_of_late(self) -> bool:
        """The same, as of a second ago at the most: a worker asks before each job."""
        now = time.monotonic()
        if now >= self._ask_again_at:
            self._was_idle = self._is_idle()
            self._ask_again_at = now + REMEMBERED_S
        return self._was_idle

    @contextmanager
    def _enqueueing(
        self, specs: Sequence[JobSpec], *, carried: bool
    ) -> Iterator[Sequence[JobSpec]]:
        with self._tracer.start_as_current_span(
            "pyjobkit.enqueue", kind=SpanKind.PRODUCER, attributes=_shown(specs)
        ):
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
            if carried and carrier:
                specs = [replace(spec, trace_context=carrier) for spec in specs]
            yield specs

    @contextmanager
    def _executing(self, job: ClaimedJob) -> Iterator[RunSpan]:
        # Baggage too is to reach the executor, hence the whole context.
        token = context.attach(_parent_of(job.trace_context))
        try:
            with self._tracer.start_as_current_span(
                "pyjobkit.execute",
                kind=SpanKind.CONSUMER,
                attributes={
                    "kind": job.kind,
                    "job_id": str(job.id),
                    "attempt": job.attempts,
                },
            ) as span:
                yield RecordedSpan(span)
        finally:
            context.detach(token)


class RecordedSpan(RunSpan):
    """Shows the outcome, and the exception if one is to blame."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def ended(self, outcome: Outcome | None, error: BaseException | None) -> None:
        self._span.set_attribute("outcome", outcome.word if outcome else LEASE_LOST)
        if error is not None and not isinstance(error, SnoozeJob):
            # An error's own __str__ may raise anything.
            with suppress(Exception):
                self._span.record_exception(error)
        failure = outcome.failure if outcome else None
        if failure and outcome and outcome.status is not JobStatus.CANCELLED:
            self._span.set_status(StatusCode.ERROR, failure.message or failure.error)


def _shown(specs: Sequence[JobSpec]) -> dict[str, Any]:
    """Return what all the jobs have in common, and how many they are if not one."""
    kinds = {spec.kind for spec in specs}
    priorities = {spec.priority for spec in specs}
    shown: dict[str, Any] = {} if len(specs) == 1 else {"count": len(specs)}
    if len(kinds) == 1:
        shown["kind"] = min(kinds)
    if len(priorities) == 1:
        shown["priority"] = min(priorities)
    return shown


def _parent_of(carrier: Mapping[str, str]) -> Context:
    """Return the context that a job carries; an empty one where that makes no sense."""
    try:
        return propagate.extract(carrier, context=Context())
    except Exception:  # noqa: BLE001 - the carrier may be anything by now
        return Context()
