"""A command on the worker's own host, whose output is the job's log and progress."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping

from django.conf import settings
from reports.orders import ORDERS_CSV

from demonstration.job_view import Part, Views
from demonstration.scenes.scene import Check, Scene
from pyjobkit_django import enqueue

#: Seconds that each country takes longer, so that there is something to see.
PAUSE_S = 0.25


class Command(Scene):
    """Splits the orders by country."""

    def enqueue(self) -> list[Part]:
        script = str(settings.SPLIT_BY_COUNTRY)
        folder = str(self.stage.folder / "countries")
        job_id = enqueue(
            "subprocess", {"cmd": [script, str(ORDERS_CSV), folder, str(PAUSE_S)]}
        )
        return [Part("split", job_id)]

    def promises(self) -> Mapping[str, Check]:
        return {
            "split: its log has every line it printed, in order": self._wrong_log,
            "split: its progress was told, and it ended with 0": self._wrong_end,
        }

    def _wrong_log(self, views: Views) -> Iterator[str]:
        with ORDERS_CSV.open(encoding="utf-8", newline="") as file:
            counts = Counter(row["country"] for row in csv.DictReader(file))
        del counts[""]
        expected = [
            f"{country}: {counts[country]} orders" for country in sorted(counts)
        ]
        if list(views["split"].lines) != expected:
            yield f"its log is {views['split'].lines}"

    def _wrong_end(self, views: Views) -> Iterator[str]:
        split = views["split"]
        if split.result["returncode"] != 0 or split.progress != 1.0:
            yield f"it shows {split.progress} and returned {split.result}"
