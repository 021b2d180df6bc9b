"""`make bench`: everything about our own queue, in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.charts import Bar, bar_chart, bar_of
from benchmarks.figures import Figure
from benchmarks.ours import costs, endurance, flatness, hot_path
from benchmarks.ours.sizes import Sizes
from benchmarks.ours.subject import ours
from benchmarks.stands import Stand, ready

type Part = Callable[[Stand, Sizes], Iterator[Figure]]

#: In the order of the run; the names are what ``--only`` takes.
PARTS: dict[str, Part] = {
    "enqueue": hot_path.enqueueing,
    "drain": hot_path.draining,
    "costs": costs.work,
    "statements": costs.statements,
    "elsewhere": lambda stand, sizes: hot_path.draining_elsewhere(stand.folder, sizes),
    "latency": hot_path.waiting,
    "sleep": hot_path.sleeping,
    "chatty": endurance.chatty,
    "mountains": flatness.mountains,
    "held": flatness.held_snapshot,
    "memory": endurance.memory,
    "idle": endurance.idle_statements,
}


def measured(folder: Path, sizes: Sizes, names: Iterable[str]) -> Iterator[Figure]:
    """Measure the named parts; each figure comes as soon as it is known."""
    with ready(ours(), folder) as stand:
        for name in names:
            yield from PARTS[name](stand, sizes)


def chart(figures: Iterable[Figure]) -> str:
    """Return the chart of what our queue drains, and in which circumstances."""
    bars: list[Bar] = []
    for figure in figures:
        if figure.section == "Drain":
            bars.append(bar_of(figure, ours=True))
        elif figure.unit == "jobs/s" and figure.section in _CIRCUMSTANCES:
            bars.append(bar_of(figure, label=_CIRCUMSTANCES[figure.section](figure)))
    return bar_chart("pyjobkit_django: jobs drained a second", bars)


_CIRCUMSTANCES: dict[str, Callable[[Figure], str]] = {
    "Chatty jobs": lambda figure: f"jobs with {figure.subject}",
    "Flatness": lambda figure: figure.subject,
    "Held snapshot": lambda figure: f"held snapshot, {figure.subject.split()[0]} part",
}
