"""A job that is cancelled while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from demonstration.job_view import Part, Views
from demonstration.scenes.scene import Check, Scene
from pyjobkit_django import cancel, enqueue

NAME = "too-slow"
#: Seconds that each of thirty chunks of rows takes longer, and the progress to stop at.
PACE_S = 0.4
ENOUGH = 0.1


class Cancelling(Scene):
    """Makes a report at leisure, and thinks better of it."""

    def enqueue(self) -> list[Part]:
        self.stage.report(NAME).unlink(missing_ok=True)
        job_id = enqueue(
            "reports.sales", {"name": NAME, "pace_s": PACE_S}, queue="reports"
        )
        return [Part(NAME, job_id, status="cancelled")]

    def act(self, views: Views) -> None:
        job = views[NAME].job
        if (job.get("progress") or 0) >= ENOUGH and not job["cancel_requested"]:
            cancel(job["id"])

    def promises(self) -> Mapping[str, Check]:
        return {"too-slow: cancelled under way, and no report was written": self._wrong}

    def _wrong(self, views: Views) -> Iterator[str]:
        progress = views[NAME].progress or 0
        if not ENOUGH <= progress < 1:
            yield f"it ended at a progress of {progress}"
        if self.stage.report(NAME).exists():
            yield f"{self.stage.report(NAME)} was written"
