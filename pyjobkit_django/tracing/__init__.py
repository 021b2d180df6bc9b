"""Spans of enqueueing and running, joined across processes by the job."""

from __future__ import annotations

from importlib import import_module

from pyjobkit_django.tracing.tracer import RunSpan, Tracer

__all__ = ["RunSpan", "Tracer", "tracer"]


def tracer() -> Tracer:
    """Return what makes spans in this process."""
    return _in_use[-1]


def best_tracer() -> Tracer:
    """Return OpenTelemetry's tracer where it is installed, else one without spans."""
    try:
        module = import_module("pyjobkit_django.tracing.spans")
    except ImportError:
        return Tracer()
    found: Tracer = module.SpanTracer()
    return found


# Now rather than at the first job, which may be enqueued on an event loop.
_in_use = [best_tracer()]
