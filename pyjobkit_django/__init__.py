"""Background jobs for Django on the database you already have."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pyjobkit_django.contracts import ExecContext, Executor, JobRecord, QueueBackend
from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import ConfigError, DiscardJob, SnoozeJob
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.registry import register
from pyjobkit_django.retry import (
    ExponentialBackoff,
    FixedDelay,
    JitteredExponentialBackoff,
    RetryPolicy,
    parse_policy,
)
from pyjobkit_django.worker import Worker

if TYPE_CHECKING:
    from pyjobkit_django.backends.memory import MemoryBackend
    from pyjobkit_django.backends.orm import DatabaseLogSink, DjangoBackend
    from pyjobkit_django.shortcuts import (
        acancel,
        achain,
        adelete_job,
        aenqueue,
        aenqueue_many,
        aget_job,
        arequeue,
        arun_now,
        cancel,
        chain,
        delete_job,
        enqueue,
        enqueue_many,
        get_job,
        requeue,
        run_now,
    )

__version__ = "0.1.0.dev0"

__all__ = [
    "ConfigError",
    "DatabaseLogSink",
    "DiscardJob",
    "DjangoBackend",
    "Engine",
    "ExecContext",
    "Executor",
    "ExponentialBackoff",
    "FixedDelay",
    "JitteredExponentialBackoff",
    "JobRecord",
    "JobStatus",
    "MemoryBackend",
    "QueueBackend",
    "RetryPolicy",
    "SnoozeJob",
    "Worker",
    "__version__",
    "acancel",
    "achain",
    "adelete_job",
    "aenqueue",
    "aenqueue_many",
    "aget_job",
    "arequeue",
    "arun_now",
    "cancel",
    "chain",
    "delete_job",
    "enqueue",
    "enqueue_many",
    "get_job",
    "parse_policy",
    "register",
    "requeue",
    "run_now",
]

# What needs Django's app registry comes when it is asked for, so that the toolkit can
# be imported without Django and the app before the registry is ready.
_LATE = {
    "MemoryBackend": "pyjobkit_django.backends.memory",
    "DatabaseLogSink": "pyjobkit_django.backends.orm",
    "DjangoBackend": "pyjobkit_django.backends.orm",
}
_SHORTCUTS = "pyjobkit_django.shortcuts"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE.get(name, _SHORTCUTS)), name)
