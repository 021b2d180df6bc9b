"""Background jobs for Django on the database you already have."""

from __future__ import annotations

from pyjobkit_django.contracts import ExecContext, Executor, QueueBackend
from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import DiscardJob, SnoozeJob

__all__ = [
    "DiscardJob",
    "Engine",
    "ExecContext",
    "Executor",
    "QueueBackend",
    "SnoozeJob",
]
