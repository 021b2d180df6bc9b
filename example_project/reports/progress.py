"""How far an order is, as its page and the script on it show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from pyjobkit_django import get_job
from pyjobkit_django.backends.orm.log_sink import read_log
from pyjobkit_django.contracts import JobRecord, LogRecord
from pyjobkit_django.errors import JobNotFoundError
from pyjobkit_django.jobs import FINAL
from pyjobkit_django.models import Job, WorkerRecord
from pyjobkit_django.models.clock import seconds_from_now
from reports.models import ReportOrder

#: How many lines of the log are shown.
LAST_LINES = 8
#: A worker that was silent for longer is taken to be gone.
SILENCE = timedelta(minutes=1)
#: The status of an order whose job was pruned.
PRUNED = "pruned"

HEADLINES: Mapping[str, str] = {
    "scheduled": "It is tried again in a moment.",
    "queued": "It waits for a worker.",
    "running": "A worker is making the report.",
    "success": "The report is ready.",
    "failed": "The report could not be made.",
    "timeout": "It took too long and was stopped.",
    "cancelled": "It was cancelled; there is no report.",
    PRUNED: "Its job is so old that it was removed.",
}
NOBODY_WORKS = "It waits, and no worker runs: start one with make serve."


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """What there is to see of an order at one moment."""

    order: ReportOrder
    status: str
    headline: str
    progress: float = 0.0
    text: str = ""
    attempts: str = ""
    lines: tuple[LogRecord, ...] = ()
    result: Mapping[str, Any] | None = None
    reason: str = ""

    @classmethod
    def of(cls, order: ReportOrder) -> Self:
        """Look at an order and the last lines of its job's log."""
        try:
            job = get_job(order.job_id)
        except JobNotFoundError:
            return cls._without_job(order)
        return cls._with_job(order, job, read_log(order.job_id)[-LAST_LINES:])

    @classmethod
    def of_many(cls, orders: Sequence[ReportOrder]) -> list[Self]:
        """Look at orders, with one query for all jobs and without their logs."""
        jobs = Job.objects.in_bulk([order.job_id for order in orders])
        return [
            cls._with_job(order, jobs[order.job_id].record())
            if order.job_id in jobs
            else cls._without_job(order)
            for order in orders
        ]

    @classmethod
    def _without_job(cls, order: ReportOrder) -> Self:
        return cls(order=order, status=PRUNED, headline=HEADLINES[PRUNED])

    @classmethod
    def _with_job(
        cls, order: ReportOrder, job: JobRecord, lines: Sequence[LogRecord] = ()
    ) -> Self:
        status = job["status"].value
        succeeded = status == "success"
        outcome = job["result"] or {}
        return cls(
            order=order,
            status=status,
            headline=_headline(status),
            progress=job["progress"] or 0.0,
            text=job["progress_meta"].get("text", ""),
            attempts=f"{job['attempts']} of {job['max_attempts']}",
            lines=tuple(lines),
            result=outcome if succeeded else None,
            reason="" if succeeded else _reason(outcome),
        )

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will change."""
        return self.status == PRUNED or self.status in FINAL

    @property
    def is_ready(self) -> bool:
        """Whether there is a report to download."""
        return self.status in ("success", PRUNED) and self.order.path.is_file()

    def as_json(self) -> dict[str, Any]:
        """Return what the script on the page fills in."""
        return {
            "status": self.status,
            "headline": self.headline,
            "progress": self.progress,
            "text": self.text,
            "attempts": self.attempts,
            "lines": [
                {"stream": line.stream, "text": line.message} for line in self.lines
            ],
            "reason": self.reason,
            "result": self.figures,
            "finished": self.is_finished,
            "ready": self.is_ready,
        }

    @property
    def figures(self) -> dict[str, str] | None:
        """What the report comes to, written out; the path stays on the server."""
        if self.result is None:
            return None
        counts = {
            name: f"{self.result[name]:,}" for name in ("orders", "rows", "skipped")
        }
        return {"revenue": self.result["revenue"], **counts}


def _headline(status: str) -> str:
    if status == "queued" and not _somebody_works():
        return NOBODY_WORKS
    return HEADLINES[status]


def _somebody_works() -> bool:
    return WorkerRecord.objects.filter(
        state="running", seen_at__gt=seconds_from_now(-SILENCE)
    ).exists()


def _reason(failure: Mapping[str, Any]) -> str:
    return str(failure.get("message") or failure.get("reason") or "")
