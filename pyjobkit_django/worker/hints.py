"""What calls for a look, and who looks."""

from __future__ import annotations

from typing import Any
from uuid import UUID


def _nobody(*_: Any) -> None:
    return None


class Hints:
    """Passes each hint to the part of the worker that has asked for it."""

    def __init__(self) -> None:
        self.when_queued = _nobody
        self.when_scheduled = _nobody
        self.when_cancelled = _nobody

    def queued(self) -> None:
        """Tell that jobs may be there to claim."""
        self.when_queued()

    def scheduled(self, within_s: float) -> None:
        """Tell that a job will be due in some seconds."""
        self.when_scheduled(within_s)

    def cancelled(self, job_id: UUID) -> None:
        """Tell that a job may have to be stopped."""
        self.when_cancelled(job_id)
