"""What backends, executors, contexts, log sinks and event buses promise each other."""

from __future__ import annotations

from pyjobkit_django.contracts.backend import EXTRA_FIELDS, QueueBackend, Slot
from pyjobkit_django.contracts.executor import ExecContext, Executor
from pyjobkit_django.contracts.observers import EventBus, LogRecord, LogSink
from pyjobkit_django.contracts.values import (
    ClaimedRow,
    ClaimRequest,
    JobCount,
    JobRecord,
    LeaseReport,
    ProgressUpdate,
    Sweep,
    Wakeup,
    WakeupKind,
    WorkerBeat,
)
from pyjobkit_django.errors import OptimisticLockError
from pyjobkit_django.jobs import ClaimedJob, JobSpec
from pyjobkit_django.outcomes import Outcome

__all__ = [
    "EXTRA_FIELDS",
    "ClaimRequest",
    "ClaimedJob",
    "ClaimedRow",
    "EventBus",
    "ExecContext",
    "Executor",
    "JobCount",
    "JobRecord",
    "JobSpec",
    "LeaseReport",
    "LogRecord",
    "LogSink",
    "OptimisticLockError",
    "Outcome",
    "ProgressUpdate",
    "QueueBackend",
    "Slot",
    "Sweep",
    "Wakeup",
    "WakeupKind",
    "WorkerBeat",
]
