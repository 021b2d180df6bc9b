"""What a run leaves behind: a file of figures and a chart, under build/bench."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.machine import Machine
from benchmarks.workers import ROOT

FOLDER = ROOT / "build" / "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The figures of one run, and on what they were measured; ``took`` is in seconds."""

    name: str
    date: str
    took: float
    machine: Mapping[str, Any]
    settings: tuple[str, ...]
    figures: tuple[Figure, ...]

    def write(self) -> Path:
        """Write the file that ``read`` reads; return its path."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{self.name}.json"
        stored = {
            "date": self.date,
            "took": round(self.took),
            "machine": dict(self.machine),
            "settings": list(self.settings),
            "figures": [figure.as_json() for figure in self.figures],
        }
        path.write_text(json.dumps(stored, indent=1) + "\n")
        return path


def results_of(
    name: str,
    machine: Machine,
    figures: Iterable[Figure],
    *,
    took: float,
    settings: Iterable[str] = (),
) -> Results:
    """Return results of today."""
    return Results(
        name=name,
        date=time.strftime("%Y-%m-%d"),
        took=took,
        machine=machine.as_json(),
        settings=tuple(settings),
        figures=tuple(figures),
    )


def read(name: str) -> Results | None:
    """Return the results of the last run of this name, if there is any."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return None
    stored = json.loads(path.read_text())
    return Results(
        name=name,
        date=stored["date"],
        took=stored["took"],
        machine=stored["machine"],
        settings=tuple(stored["settings"]),
        figures=tuple(map(Figure.from_json, stored["figures"])),
    )


def write_chart(name: str, svg: str) -> Path:
    """Write a chart beside the results."""
    path = FOLDER / f"{name}.svg"
    path.write_text(svg)
    return path
