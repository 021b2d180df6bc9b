"""A job that fails for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from demonstration.job_view import Part, Views
from demonstration.receiver import BUSY
from demonstration.scenes.scene import Check, Scene
from pyjobkit_django import enqueue
from pyjobkit_django.models import JobAttempt

ATTEMPTS = 3


class Failing(Scene):
    """Sends a webhook to a site that never has time."""

    def enqueue(self) -> list[Part]:
        job_id = enqueue(
            "http",
            {"url": self.stage.receiver.url(BUSY), "json": self.stage.order},
            max_attempts=ATTEMPTS,
            retry_policy="fixed:0.7",
        )
        return [Part("busy-site", job_id, status="failed", attempts=ATTEMPTS)]

    def promises(self) -> Mapping[str, Check]:
        return {"busy-site: asked three times; each reason is on record": self._wrong}

    def _wrong(self, views: Views) -> Iterator[str]:
        answers = [got.status for got in self.stage.receiver.received(BUSY)]
        if answers != [HTTPStatus.SERVICE_UNAVAILABLE] * ATTEMPTS:
            yield f"the receiver answered {answers}"
        job = views["busy-site"]
        attempts = JobAttempt.objects.filter(job_id=job.job["id"])
        reasons = [attempt.failure.get("message") for attempt in attempts]
        reason = (
            f"POST {self.stage.receiver.url(BUSY)} answered 503 Service Unavailable"
        )
        if reasons != [reason] * ATTEMPTS or job.result.get("message") != reason:
            yield f"it failed with {job.result}, its attempts with {reasons}"
