"""A chain: each job is enqueued by the end of the one before, and gets its result."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from reports.archive import seal_of

from demonstration.job_view import Part, Views
from demonstration.scenes.scene import Check, Scene
from pyjobkit_django import chain

STEPS = ("country-it", "├ pack", "└ seal")


class Chaining(Scene):
    """Makes a report, packs it, and writes the checksum of that."""

    def enqueue(self) -> list[Part]:
        report = {"name": STEPS[0], "country": "IT", "pace_s": 0.02}
        job_id = chain(
            {"kind": "reports.sales", "payload": report, "queue": "reports"},
            {"kind": "reports.pack", "queue": "reports"},
            {"kind": "reports.seal", "queue": "reports"},
        )
        return [Part(STEPS[0], job_id, followers=STEPS[1:])]

    def promises(self) -> Mapping[str, Check]:
        return {
            "country-it: its three steps ran in order, each on the last one's result": (
                self._out_of_order
            ),
            "country-it: the checksum is that of the packed report": self._wrong_files,
        }

    def _out_of_order(self, views: Views) -> Iterator[str]:
        for before, after in pairwise([views[name].job for name in STEPS]):
            began, ended = after["started_at"], before["finished_at"]
            if began is None or ended is None or began < ended:
                yield f"{after['kind']} began at {began}, {before['kind']} ended at {ended}"
            if after["payload"].get("previous_result") != before["result"]:
                yield f"{after['kind']} got {after['payload']}"

    def _wrong_files(self, views: Views) -> Iterator[str]:
        report, packed, sealed = (Path(views[name].result["path"]) for name in STEPS)
        try:
            is_packed = gzip.decompress(packed.read_bytes()) == report.read_bytes()
            digest = hashlib.sha256(sealed.read_bytes()).hexdigest()
            is_sealed = seal_of(sealed).read_text().startswith(digest)
        except OSError as error:
            yield str(error)
            return
        if not is_packed or not is_sealed or sealed != packed:
            yield f"{packed} is not {report}, or {seal_of(sealed)} not about it"
