"""How much is measured: enough for a look in three minutes, or all that is promised."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of jobs, unless the name says otherwise."""

    rounds: int = 3
    enqueued: int = 1_000
    bulk: int = 10_000
    drained: int = 12_000
    drained_elsewhere: int = 5_000
    costed: int = 5_000
    paced: int = 150
    paced_under_load: int = 2_000
    sleeping: int = 500
    chatty: int = 1_000
    finished: int = 200_000
    later: int = 50_000
    foreign: int = 50_000
    drained_in_mountains: int = 8_000
    held: int = 40_000
    held_slice: int = 8_000
    idle_s: int = 15
    for_memory: int = 30_000


QUICK = Sizes()
FULL = Sizes(
    enqueued=2_000,
    bulk=50_000,
    drained=40_000,
    drained_elsewhere=20_000,
    costed=20_000,
    paced=500,
    paced_under_load=10_000,
    chatty=5_000,
    finished=5_000_000,
    later=1_000_000,
    foreign=1_000_000,
    drained_in_mountains=20_000,
    held=500_000,
    held_slice=100_000,
    idle_s=300,
    for_memory=100_000,
)
