"""The benchmarks' command line: ours, peers, limits, publish."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from benchmarks import arguments, databases, publishing
from benchmarks.figures import Figure, Goal, number
from benchmarks.limits import suite as limits
from benchmarks.machine import Machine, this_machine
from benchmarks.ours import goals as ours_goals
from benchmarks.ours import suite as ours
from benchmarks.ours.sizes import FULL, QUICK
from benchmarks.peers import catalogue
from benchmarks.peers import goals as peers_goals
from benchmarks.peers import suite as peers
from benchmarks.results import FOLDER, results_of, write_chart
from benchmarks.stands import Subject
from benchmarks.tables import figures_table, goals_table

type Goals = Callable[[Sequence[Figure]], Iterator[Goal]]

_PEERS = (*catalogue.USUAL, *catalogue.MORE)


def main() -> None:
    """Measure what the command line asks for; print it and write it to build/bench."""
    names = list(dict.fromkeys(peer.name for peer in _PEERS))
    options = arguments.parse(None, parts=list(ours.PARTS), peers=names)
    FOLDER.mkdir(parents=True, exist_ok=True)
    _COMMANDS[options.command](options)


def _ours(options: Namespace) -> None:
    machine, start = _begin()
    sizes = replace(FULL if options.full else QUICK, rounds=options.rounds)
    figures = list(_told(ours.measured(FOLDER, sizes, options.only)))
    _end("ours", machine, figures, start, goals=ours_goals.goals)
    print(write_chart("ours", ours.chart(figures)))


def _peers(options: Namespace) -> None:
    machine, start = _begin()
    with ExitStack() as stack:
        comparison, versions = peers.compared(
            stack, FOLDER, _chosen(options), options.scale
        )
        print("\n".join(versions), flush=True)
        figures = list(comparison.measured(options.rounds))
    _end("peers", machine, figures, start, goals=peers_goals.goals, settings=versions)
    print(write_chart("peers", peers.chart(figures)))


def _limits(options: Namespace) -> None:
    machine, start = _begin()
    _end("limits", machine, list(_told(limits.measured(options.rounds))), start)


def _publish(_options: Namespace) -> None:
    for path in publishing.publish():
        print(path)


def _begin() -> tuple[Machine, float]:
    databases.drop_stale()
    machine = this_machine()
    print(machine.sentence, flush=True)
    return machine, time.monotonic()


def _end(
    name: str,
    machine: Machine,
    figures: Sequence[Figure],
    start: float,
    *,
    goals: Goals | None = None,
    settings: Sequence[str] = (),
) -> None:
    took = time.monotonic() - start
    print(f"\n{figures_table(figures)}\n")
    if goals and (reached := list(goals(figures))):
        print(f"{goals_table(reached)}\n")
    results = results_of(name, machine, figures, took=took, settings=settings)
    print(f"{took:.0f} s\n{results.write()}")


def _told(figures: Iterable[Figure]) -> Iterator[Figure]:
    for figure in figures:
        value = f"{number(figure.median)} {figure.unit}"
        print(f"{figure.section}: {figure.subject}: {value}", flush=True)
        yield figure


def _chosen(options: Namespace) -> list[Subject]:
    if options.only:
        return [peer for peer in _PEERS if peer.name in options.only]
    return list(_PEERS if options.all else catalogue.USUAL)


_COMMANDS = {"ours": _ours, "peers": _peers, "limits": _limits, "publish": _publish}

if __name__ == "__main__":
    main()
