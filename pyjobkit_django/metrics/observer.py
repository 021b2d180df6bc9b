"""What a worker tells whoever measures it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol


class Load(Protocol):
    """How many jobs a worker runs at most, and how many slots are taken now."""

    slots: int
    occupied: int


class WorkerMetrics:
    """Hears what is worth measuring, and forgets it; the default of every worker.

    Times are in seconds. Every method is called on the worker's event loop, often, and
    so neither blocks nor raises.
    """

    #: How often the queue's depth is wanted; None for never.
    depth_every_s: float | None = None

    def watching(self, load: Load) -> AbstractContextManager[None]:
        """Look at ``load`` whenever somebody asks, for as long as the worker works."""
        return nullcontext()

    def claimed(self, count: int, *, took_s: float) -> None:
        """Hear of a claim that brought ``count`` jobs."""

    def started(self, kind: str, *, waited_s: float | None) -> None:
        """Hear that a job starts, so long after it was due, as far as that is known."""

    def settled(self, kind: str, outcome: str, *, ran_s: float | None) -> None:
        """Hear how a job ended, and how long it ran if it did."""

    def refused(self, kind: str) -> None:
        """Hear that a job had moved on before its outcome arrived."""

    def batch_settled(self, count: int, *, took_s: float) -> None:
        """Hear of a write of ``count`` outcomes."""

    def extended(self, *, lost: int, ttl_s: float, took_s: float) -> None:
        """Hear that all leases in hand were to be extended, and how many were not."""

    def lease_lost(self, kind: str) -> None:
        """Hear that a run was stopped since its lease had ended."""

    def phase(self, kind: str, name: str, *, took_s: float) -> None:
        """Hear of a phase that an executor profiled."""

    def depth(self, queued: int | None) -> None:
        """Hear how many jobs are queued; None where the backend does not say."""


#: Measures nothing.
UNMEASURED: Final = WorkerMetrics()
