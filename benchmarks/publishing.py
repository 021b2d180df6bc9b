"""`make bench-docs`: the last runs' figures, written into the docs where they are marked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks import results
from benchmarks.ours import goals as ours_goals
from benchmarks.peers import goals as peers_goals
from benchmarks.results import FOLDER, Results
from benchmarks.scale_out import scale_out_table
from benchmarks.tables import figures_table, goals_table
from benchmarks.workers import ROOT

_PAGE = ROOT / "docs" / "performance.md"
_README = ROOT / "README.md"
_CHARTS = ROOT / "docs" / "charts"
_GOALS = {"ours": ours_goals.goals, "peers": peers_goals.goals}


def publish() -> Iterator[Path]:
    """Write what build/bench holds into the docs; yield every file that was written."""
    for name in ("ours", "peers", "limits"):
        if found := results.read(name):
            _replace(_PAGE, name, _told(found))
            yield _PAGE
            yield from _copied_chart(name)
            if name == "ours" and (needs := scale_out_table(found.figures)):
                _replace(_PAGE, "scale-out", needs)
            if name == "peers":
                _replace(_README, name, _machine(found))
                yield _README


def fill(text: str, name: str, block: str) -> str:
    """Return a page with the block between the marks of this name replaced."""
    marked = re.compile(
        rf"(<!-- figures: {name} -->\n).*?(<!-- end of figures -->)", re.DOTALL
    )
    filled, count = marked.subn(lambda mark: f"{mark[1]}{block}\n{mark[2]}", text)
    if count != 1:
        raise ValueError(
            f"figures of {name} need one <!-- figures: {name} --> … "
            f"<!-- end of figures -->, and there are {count}"
        )
    return filled


def _replace(path: Path, name: str, block: str) -> None:
    path.write_text(fill(path.read_text(), name, block))


def _told(found: Results) -> str:
    parts = [f"{_machine(found)} The run took {found.took:.0f} s."]
    if found.settings:
        parts.append(f"Versions: {'; '.join(found.settings)}.")
    parts.append(figures_table(found.figures))
    if goals := _GOALS.get(found.name):
        parts.append(f"**Goals**\n\n{goals_table(goals(found.figures))}")
    return "\n\n".join(parts)


def _machine(found: Results) -> str:
    return f"Measured on {found.date}: {found.machine['sentence']}."


def _copied_chart(name: str) -> Iterator[Path]:
    chart = FOLDER / f"{name}.svg"
    if chart.exists():
        _CHARTS.mkdir(exist_ok=True)
        yield Path(shutil.copyfile(chart, _CHARTS / chart.name))
