"""A signed notice: another site is told that a job has ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from demonstration.job_view import Part, Views
from demonstration.receiver import NOTICES
from demonstration.scenes.scene import Check, Scene
from pyjobkit_django import enqueue


class Notice(Scene):
    """Makes a report and has its completion told."""

    def enqueue(self) -> list[Part]:
        job_id = enqueue(
            "reports.sales",
            {"name": "country-fr", "country": "FR", "pace_s": 0.02},
            queue="reports",
            webhooks={"complete": self.stage.receiver.url(NOTICES)},
        )
        return [Part("country-fr", job_id, followers=("└ notice",))]

    def promises(self) -> Mapping[str, Check]:
        return {
            "country-fr: the notice of its end came signed, with its result": self._lost
        }

    def _lost(self, views: Views) -> Iterator[str]:
        notices = self.stage.receiver.received(NOTICES)
        if [notice.status for notice in notices] != [HTTPStatus.OK]:
            yield f"the receiver got {notices or 'nothing'}"
            return
        report, told = views["country-fr"], notices[0].body
        expected = (str(report.job["id"]), "success", report.result)
        if (told["job_id"], told["status"], told["result"]) != expected:
            yield f"it tells {told}"
