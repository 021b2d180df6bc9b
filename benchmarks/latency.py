"""Latency: from just before the call that enqueues to the first line of the body."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks import marks, workers
from benchmarks.figures import percentile
from benchmarks.stands import Setting, Stand

_WARM_UP = 21
#: One process, which waits for each commit, may not send 1,000 jobs a second.
LOAD_SENDERS = 3


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds; ``rate`` is how many jobs a second were really sent."""

    p50: float
    p99: float
    rate: float


def latencies(
    stand: Stand,
    setting: Setting,
    *,
    jobs: int,
    gap_s: float,
    rounds: int,
    senders: int = 1,
) -> list[Latency]:
    """Send jobs to a worker that waits, one each ``gap_s``; one value a round.

    Each of several senders, processes of their own, sends its share.
    """
    with (
        stand.run() as run,
        workers.started(stand.log) as crew,
        ThreadPoolExecutor(senders) as pool,
    ):
        run.start(crew, setting)
        sent = 0

        def send(size: int) -> float:
            nonlocal sent
            share = size // senders
            paces = [
                pool.submit(run.call, "pace", share, gap_s * senders)
                for _ in range(senders)
            ]
            rate = sum(pace.result()["rate"] for pace in paces)
            sent += share * senders
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
