"""What our own figures are held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmarks.figures import Figure, Goal


def goals(figures: Iterable[Figure]) -> Iterator[Goal]:
    """Return the goals that these figures can tell about."""
    found = {(figure.section, figure.subject): figure.median for figure in figures}
    for sentence, above, below, bound in _RATIOS:
        if above in found and below in found:
            value = found[above] / found[below]
            yield Goal(sentence, value, at_least=bound)
    for sentence, key, bound in _LIMITS:
        if key in found:
            yield Goal(sentence, found[key], at_most=bound)
    yield from _of_idle_latency(found)
    yield from _of_the_held_snapshot(found)
    yield from _of_memory(found)


_RATIOS = (
    ("2 workers to 1", ("Drain", "2 workers"), ("Drain", "1 worker"), 1.15),
    (
        "enqueue() to Job.objects.create()",
        ("Enqueue", "enqueue()"),
        ("Enqueue", "Job.objects.create() of the same row"),
        1.4,
    ),
    (
        "chatty jobs to no-ops",
        ("Chatty jobs", "10 lines, 5 progress"),
        ("In turn with chatty jobs", "no-ops"),
        0.2,
    ),
    (
        "behind mountains to an empty table",
        ("Flatness", "behind mountains"),
        ("Flatness", "empty table"),
        0.85,
    ),
)
_LIMITS = (
    ("p99 at 1,000 jobs/s, ms", ("Latency", "under load, p99"), 50),
    ("500 jobs of sleep(1), s", ("I/O-bound", "500 jobs of sleep(1)"), 1.15),
    ("idle statements a minute", ("Idle worker", "statements"), 10),
    (
        "priority 1 behind a held snapshot, ms",
        ("Held snapshot", "priority 1, enqueued midway, starts after"),
        1_500,
    ),
)


def _of_idle_latency(found: dict[tuple[str, str], float]) -> Iterator[Goal]:
    p50, p99 = (found.get(("Latency", f"idle, {point}")) for point in ("p50", "p99"))
    if p50 and p99:
        yield Goal("idle latency, p99 to p50", p99 / p50, at_most=3)


def _of_the_held_snapshot(found: dict[tuple[str, str], float]) -> Iterator[Goal]:
    rates = {
        subject.split()[0]: rate
        for (section, subject), rate in found.items()
        if section == "Held snapshot"
    }
    if {"first", "last"} <= rates.keys():
        value = rates["last"] / rates["first"]
        yield Goal("held snapshot, last part to first", value, at_least=0.7)


def _of_memory(found: dict[tuple[str, str], float]) -> Iterator[Goal]:
    values = [value for (section, _), value in found.items() if section == "Memory"]
    if values:
        yield Goal("worker's memory after the last job, MB", values[-1], at_most=90)
