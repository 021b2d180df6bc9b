"""What measures the workers of this process."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from pyjobkit_django.metrics.observer import UNMEASURED, WorkerMetrics

#: Empty until somebody wants to look, so that a worker nobody looks at pays nothing.
_in_use: list[WorkerMetrics] = []


def process_metrics() -> WorkerMetrics:
    """Return what a worker of this process reports to if it is not told otherwise."""
    return _in_use[-1] if _in_use else UNMEASURED


def use_prometheus() -> bool:
    """Measure the workers that start from now on in prometheus_client's own registry.

    For sites that serve that registry themselves. False where prometheus-client is not
    installed; safe to call again.
    """
    if find_spec("prometheus_client") is None:
        return False
    if not _in_use:
        module = import_module("pyjobkit_django.metrics.prometheus")
        _in_use.append(module.PrometheusMetrics())
    return True
