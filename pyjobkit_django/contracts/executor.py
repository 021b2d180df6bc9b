"""The contract of what runs a job, and of what a running job is handed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID


class ExecContext(ABC):
    """A running job's line to the outside."""

    #: True where the run's result will be thrown away.
    is_shadow: bool = False
    #: Which attempt this run is, 1 for the first.
    attempt: int = 1

    @abstractmethod
    async def log(self, message: str, /, *, stream: str = "stdout") -> None:
        """Add a line to the job's log."""

    @abstractmethod
    async def is_cancelled(self) -> bool:
        """Tell whether somebody asked for this job to be cancelled."""

    @abstractmethod
    async def set_progress(self, value: float, /, **meta: Any) -> None:
        """Show how far the job is, 0.0 to 1.0, with what else is worth showing."""

    @abstractmethod
    def profile_phase(
        self, name: str, /, **meta: Any
    ) -> AbstractAsyncContextManager[None]:
        """Time the block and log how long it took."""


class Executor(ABC):
    """Runs the jobs of one kind; one instance serves all of them at once."""

    #: Which jobs it runs; made of letters, digits, dots, dashes, underscores.
    kind: str

    @abstractmethod
    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> Any:
        """Do the work and return a JSON value, usually a dict.

        Raising fails the attempt, DiscardJob fails the job, SnoozeJob asks for later.
        """

    async def close(self) -> None:
        """Let go of what is held open between runs, such as connections."""
