"""Numbers about workers, for Prometheus; they cost nothing until somebody looks."""

from __future__ import annotations

from pyjobkit_django.metrics.observer import UNMEASURED, Load, WorkerMetrics
from pyjobkit_django.metrics.process import process_metrics, use_prometheus
from pyjobkit_django.metrics.server import (
    DEFAULT_HOST,
    serving_metrics,
    start_metrics_server,
)

__all__ = [
    "DEFAULT_HOST",
    "UNMEASURED",
    "Load",
    "WorkerMetrics",
    "process_metrics",
    "serving_metrics",
    "start_metrics_server",
    "use_prometheus",
]
