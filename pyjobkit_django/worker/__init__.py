"""The worker, one small loop a module."""

from __future__ import annotations

from pyjobkit_django.errors import LeaseLostError
from pyjobkit_django.worker.options import LogLimits, WorkerOptions
from pyjobkit_django.worker.worker import Worker

__all__ = ["LeaseLostError", "LogLimits", "Worker", "WorkerOptions"]
