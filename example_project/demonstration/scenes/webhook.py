"""A webhook: an HTTP request that a job sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from demonstration.job_view import Part, Views
from demonstration.receiver import ORDERS
from demonstration.scenes.scene import Check, Scene
from pyjobkit_django import enqueue


class Webhook(Scene):
    """Tells another site of an order."""

    def enqueue(self) -> list[Part]:
        url = self.stage.receiver.url(ORDERS)
        job_id = enqueue("http", {"url": url, "json": self.stage.order})
        return [Part("webhook", job_id)]

    def promises(self) -> Mapping[str, Check]:
        return {"webhook: the receiver got the order as it was sent": self._lost}

    def _lost(self, views: Views) -> Iterator[str]:
        bodies = [got.body for got in self.stage.receiver.received(ORDERS)]
        if bodies != [self.stage.order]:
            yield f"the receiver got {bodies or 'nothing'}"
        if views["webhook"].result["status"] != HTTPStatus.CREATED:
            yield f"the job has the answer {views['webhook'].result}"
