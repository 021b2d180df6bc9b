"""Latency: from just before the call that enqueues to the first line of the body."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import marks, workers
from benchmarks.figures import percentile
from benchmarks.stands import Setting, Stand

_WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds; ``rate`` is how many jobs a second were really sent."""

    p50: float
    p99: float
    rate: float


def latencies(
    stand: Stand, setting: Setting, *, jobs: int, gap_s: float, rounds: int
) -> list[Latency]:
    """Send jobs to a worker that waits, one each ``gap_s``; one value a round."""
    with stand.run() as run, workers.started(stand.log) as crew:
        run.start(crew, setting)
        sent = 0

        def send(size: int) -> float:
            nonlocal sent
            rate = run.call("pace", size, gap_s)["rate"]
            sent += size
            run.wait_for_bodies(crew, sent)
            return rate

        send(_WARM_UP)
        found = []
        for _ in range(rounds):
            before = marks.count(run.marks)
            rate = send(jobs)
            late = [mark / 1e6 for mark in marks.read(run.marks)[before:]]
            found.append(Latency(percentile(late, 50), percentile(late, 99), rate))
        return found
