"""The tables, and on each table's ``objects`` every SQL verb there is."""

from __future__ import annotations

from pyjobkit_django.models.clock import DatabaseNow
from pyjobkit_django.models.history import JobAttempt, JobLog
from pyjobkit_django.models.job import Job
from pyjobkit_django.models.job_counter import Dashboard, JobCounter
from pyjobkit_django.models.worker_record import WorkerRecord

__all__ = [
    "Dashboard",
    "DatabaseNow",
    "Job",
    "JobAttempt",
    "JobCounter",
    "JobLog",
    "WorkerRecord",
]
