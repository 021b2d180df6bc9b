from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pyjobkit_django import tracing
from pyjobkit_django.tracing.spans import SpanTracer


class Trace:
    """The spans that were made, and the spans of others."""

    def __init__(self):
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def begin(self, name):
        """Make a span of the code around ours, such as that of a request."""
        tracer = self.provider.get_tracer("site")
        return tracer.start_as_current_span(name)

    def named(self, name):
        spans = self._exporter.get_finished_spans()
        return [span for span in spans if span.name == name]

    def one(self, name):
        (span,) = self.named(name)
        return span


@pytest.fixture
def trace(monkeypatch):
    trace = Trace()
    monkeypatch.setattr(tracing, "_in_use", [SpanTracer(trace.provider)])
    return trace
