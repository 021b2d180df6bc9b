"""Three reports: one at once, one a little later, one that fails twice first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from reports.examples import FAILURES, enqueue_examples

from demonstration.job_view import JobView, Part, Views
from demonstration.scenes.scene import Check, Scene
from pyjobkit_django.models import JobAttempt

#: How many attempts each report takes.
ATTEMPTS = {"all-orders": 1, "month-2026-06": 1, "country-de": FAILURES + 1}
#: Seconds that each chunk of rows takes longer, so that there is something to see.
PACE_S = 0.08


class SalesReports(Scene):
    """Adds up the shop's orders."""

    def enqueue(self) -> list[Part]:
        for name in ATTEMPTS:
            self.stage.report(name).unlink(missing_ok=True)
        job_ids = enqueue_examples(month="2026-06", country="DE", pace_s=PACE_S)
        return [
            Part(name, job_id, attempts=attempts)
            for (name, attempts), job_id in zip(ATTEMPTS.items(), job_ids, strict=True)
        ]

    def promises(self) -> Mapping[str, Check]:
        return {
            "country-de: failed twice first; both errors are on record": self._unrecorded,
            "month-2026-06: did not start before its time": self._early,
            "reports: log lines and progress of all runs are stored": self._unlogged,
            "reports: each is there and says what its job returned": self._bad_reports,
        }

    def _unrecorded(self, views: Views) -> Iterator[str]:
        failed = JobAttempt.objects.filter(job_id=views["country-de"].job["id"])
        errors = [attempt.failure.get("message", "") for attempt in failed]
        if len(errors) != FAILURES or not all("export" in text for text in errors):
            yield f"these errors are on record: {errors or 'none'}"

    def _early(self, views: Views) -> Iterator[str]:
        job = views["month-2026-06"].job
        if job["started_at"] is None or job["started_at"] < job["scheduled_for"]:
            yield f"due {job['scheduled_for']}, started {job['started_at']}"

    def _unlogged(self, views: Views) -> Iterator[str]:
        for name, attempts in ATTEMPTS.items():
            view = views[name]
            begun = sum("attempt" in line for line in view.lines)
            if begun != attempts:
                yield f"{name} logged the start of {begun} runs, not {attempts}"
            if "rows skipped" not in view.last_word:
                yield f"{name} logged last: {view.last_word or 'nothing'}"
            if view.progress != 1.0:
                yield f"{name} shows a progress of {view.progress}"

    def _bad_reports(self, views: Views) -> Iterator[str]:
        for name in ATTEMPTS:
            yield from _report_faults(views[name])


def _report_faults(view: JobView) -> Iterator[str]:
    path = Path(view.result.get("path", view.name))
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not text.startswith("# Sales"):
        yield f"{view.name}: no report in {path}"
    elif f"**{view.result['revenue']}**" not in text or "## By month" not in text:
        yield f"{view.name}: {path} does not say {view.result['revenue']}"
