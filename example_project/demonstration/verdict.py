"""Whether the demo went as it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.examples import FAILURES

from demonstration.job_view import JobView
from pyjobkit_django.models import JobAttempt

#: How many attempts each report takes, in the order in which they are enqueued.
ATTEMPTS = (1, 1, FAILURES + 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What should be so, and all that is otherwise."""

    claim: str
    faults: tuple[str, ...]


def judge(views: Sequence[JobView]) -> list[Finding]:
    """Return a finding for each promise of the demo, up to the first that is broken."""
    findings = []
    promises: dict[str, Callable[[Sequence[JobView]], Iterator[str]]] = {
        "each job ended as a success": _unsuccessful,
        "the third failed twice first; both errors are on record": _wrong_attempts,
        "the second did not start before its time": _early_starts,
        "log lines and progress of all runs are stored": _unlogged,
        "each report is there and says what its job returned": _bad_reports,
    }
    for claim, find in promises.items():
        findings.append(Finding(claim, tuple(find(views))))
        if findings[-1].faults:
            break
    return findings


def _unsuccessful(views: Sequence[JobView]) -> Iterator[str]:
    for view in views:
        if view.status != "success":
            why = view.result.get("error", "it has not ended")
            yield f"{view.name} is {view.status}: {why}"


def _wrong_attempts(views: Sequence[JobView]) -> Iterator[str]:
    for view, expected in zip(views, ATTEMPTS, strict=True):
        if view.job["attempts"] != expected:
            yield f"{view.name} took {view.job['attempts']} attempts, not {expected}"
        failed = JobAttempt.objects.filter(job_id=view.job["id"])
        errors = [attempt.failure.get("message", "") for attempt in failed]
        if len(errors) != expected - 1 or not all("export" in text for text in errors):
            yield f"{view.name} has these errors on record: {errors or 'none'}"


def _early_starts(views: Sequence[JobView]) -> Iterator[str]:
    job = views[1].job
    if job["started_at"] is None or job["started_at"] < job["scheduled_for"]:
        yield f"due {job['scheduled_for']}, started {job['started_at']}"


def _unlogged(views: Sequence[JobView]) -> Iterator[str]:
    for view, attempts in zip(views, ATTEMPTS, strict=True):
        begun = sum("attempt" in line for line in view.lines)
        if begun != attempts:
            yield f"{view.name} logged the start of {begun} runs, not {attempts}"
        if "rows skipped" not in view.last_line:
            yield f"{view.name} logged last: {view.last_line or 'nothing'}"
        if view.progress != 1.0:
            yield f"{view.name} shows a progress of {view.progress}"


def _bad_reports(views: Sequence[JobView]) -> Iterator[str]:
    for view in views:
        path = Path(view.result.get("path", view.name))
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if not text.startswith("# Sales"):
            yield f"{view.name}: no report in {path}"
        elif f"**{view.result['revenue']}**" not in text or "## By month" not in text:
            yield f"{view.name}: {path} does not say {view.result['revenue']}"
