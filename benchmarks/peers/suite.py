"""`make bench-peers`: the same work on other queues, in turn with ours, in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from benchmarks import databases
from benchmarks.charts import bar_chart, bar_of
from benchmarks.draining import drain
from benchmarks.figures import Figure
from benchmarks.latency import LOAD_SENDERS, Latency, latencies
from benchmarks.limits import claiming
from benchmarks.ours.subject import ours, worker
from benchmarks.peers import venvs
from benchmarks.rates import rate_of
from benchmarks.sleeping import sleep_together
from benchmarks.stands import Setting, Stand, Subject, ready

OURS = "pyjobkit_django"
ORM = "Job.objects.create() of the same row"
FLOOR = "raw psycopg, one connection, n = 100"
_FLOOR_JOBS = 60_000
_ENQUEUED = 2_000
_BULK = 20_000
_PACED = 200
_GAP_S = 0.02
_PACED_UNDER_LOAD = 3_000
_LOAD_GAP_S = 0.001
_ONE_BY_ONE = "Enqueue, one by one"


class Value(NamedTuple):
    """What one round gives; its subject is the case's, unless it names another."""

    section: str
    unit: str
    value: float
    subject: str = ""


type Measure = Callable[[], Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure: every round gives the same values."""

    subject: str
    note: str
    measure: Measure


def subjects(peers: Sequence[Subject]) -> Iterator[Subject]:
    """Return ours on every database there is, then the peers whose database there is."""
    for kind in ("postgresql", "sqlite", "mariadb"):
        if databases.has(kind):
            yield ours(kind)
    for peer in peers:
        if databases.has(peer.database):
            yield peer
        else:
            print(f"{peer.name}: left out, there is no {peer.database}", flush=True)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Stands that are ready, and what is measured on them."""

    stands: tuple[Stand, ...]
    scale: float

    def measured(self, rounds: int) -> Iterator[Figure]:
        """Measure every case once a round, so that a slow minute hits all alike."""
        found: dict[tuple[str, str, str, str], list[float]] = {}
        for number in range(rounds):
            for case in self._cases():
                print(f"round {number + 1}: {case.subject}, {case.note}", flush=True)
                for section, unit, value, subject in case.measure():
                    key = (section, subject or case.subject, unit, case.note)
                    found.setdefault(key, []).append(value)
        for (section, subject, unit, note), values in sorted(
            found.items(), key=lambda item: _ORDER.index(item[0][0])
        ):
            yield Figure(section, subject, unit, tuple(values), note)

    def _cases(self) -> Iterator[Case]:
        yield Case(FLOOR, "", self._floor)
        for stand in self.stands:
            for setting in stand.subject.drains:
                yield self._drain_case(stand, self._scaled(setting))
        served = [
            stand
            for stand in self.stands
            if stand.subject.database in ("postgresql", "redis")
        ]
        for cases in (_enqueueing, _in_bulk, _idle, _under_load, _asleep):
            for stand in served:
                yield from cases(stand)

    def _floor(self) -> Sequence[Value]:
        with databases.lent("postgresql") as database:
            rate = claiming.floor(database.dsn, int(_FLOOR_JOBS * self.scale))
        return [Value("Drain, PostgreSQL", "jobs/s", rate)]

    def _drain_case(self, stand: Stand, setting: Setting) -> Case:
        section = _DRAINS[stand.subject.database]
        if setting.workers > 1:
            section = f"{section}, {setting.workers} workers"

        def measure() -> Sequence[Value]:
            drained = drain(stand, setting)
            return [
                Value(section, "jobs/s", drained.rate),
                Value(_MEMORY, "MB", drained.memory_mb),
            ]

        return Case(stand.subject.name, setting.label, measure)

    def _scaled(self, setting: Setting) -> Setting:
        return replace(setting, jobs=max(50, int(setting.jobs * self.scale)))


def compared(
    stack: ExitStack, folder: Path, peers: Sequence[Subject], scale: float
) -> tuple[Comparison, list[str]]:
    """Return a comparison that is ready, and a line of versions for each peer."""
    stands, told = [], []
    for subject in subjects(peers):
        python = venvs.python_of(_venv(subject), subject.requirements)
        if subject.requirements:
            told.append(venvs.versions(python, subject.requirements))
        told += [_command(subject, setting) for setting in subject.drains]
        stands.append(stack.enter_context(ready(subject, folder, python=python)))
    return Comparison(tuple(stands), scale), list(dict.fromkeys(told))


def _rate_case(stand: Stand, section: str, command: str, jobs: int) -> Case:
    return Case(
        stand.subject.name,
        "",
        lambda: [Value(section, "jobs/s", rate_of(stand, command, jobs))],
    )


def _enqueueing(stand: Stand) -> Iterator[Case]:
    if stand.subject.name == OURS:
        yield Case(OURS, "", lambda: _beside_the_orm(stand))
    elif stand.subject.enqueues:
        yield _rate_case(stand, _ONE_BY_ONE, "enqueue", _ENQUEUED)


def _beside_the_orm(stand: Stand) -> Sequence[Value]:
    with stand.run() as run:
        rates = run.call("beside_the_orm", _ENQUEUED)
    return [
        Value(_ONE_BY_ONE, "jobs/s", rates["enqueue"]),
        Value(_ONE_BY_ONE, "jobs/s", rates["create"], ORM),
    ]


def _in_bulk(stand: Stand) -> Iterator[Case]:
    if stand.subject.has_bulk:
        yield _rate_case(stand, "Enqueue, in bulk", "bulk", _BULK)


def _idle(stand: Stand) -> Iterator[Case]:
    if idle := stand.subject.idle:
        yield Case(stand.subject.name, idle.label, lambda: _latency(stand, idle))


def _latency(stand: Stand, setting: Setting) -> Sequence[Value]:
    found: Latency
    (found,) = latencies(stand, setting, jobs=_PACED, gap_s=_GAP_S, rounds=1)
    return [
        Value("Idle latency, p50", "ms", found.p50),
        Value("Idle latency, p99", "ms", found.p99),
    ]


def _under_load(stand: Stand) -> Iterator[Case]:
    if stand.subject.name == OURS:
        yield Case(OURS, "1,000 jobs/s", lambda: _latency_under_load(stand))


def _asleep(stand: Stand) -> Iterator[Case]:
    if sleeping := stand.subject.sleeping:
        yield Case(
            stand.subject.name,
            sleeping.label,
            lambda: [
                Value("500 jobs of sleep(1)", "s", sleep_together(stand, sleeping))
            ],
        )


def _command(subject: Subject, setting: Setting) -> str:
    return f"{subject.name}: python {' '.join(setting.command)}"


def _latency_under_load(stand: Stand) -> Sequence[Value]:
    setting = worker("Late")
    (found,) = latencies(
        stand,
        setting,
        jobs=_PACED_UNDER_LOAD,
        gap_s=_LOAD_GAP_S,
        rounds=1,
        senders=LOAD_SENDERS,
    )
    return [
        Value("Latency under load, p99", "ms", found.p99),
        Value("Latency under load, jobs sent", "jobs/s", found.rate),
    ]


def _venv(subject: Subject) -> str:
    return subject.name.lower().replace(" ", "-")


_DRAINS = {
    "postgresql": "Drain, PostgreSQL",
    "sqlite": "Drain, SQLite",
    "mariadb": "Drain, MariaDB",
    "redis": "Drain, Redis without persistence",
}
_MEMORY = "Memory of the workers after a drain"
_ORDER = (
    "Drain, PostgreSQL",
    "Drain, PostgreSQL, 2 workers",
    "Drain, Redis without persistence",
    "Drain, SQLite",
    "Drain, SQLite, 2 workers",
    "Drain, MariaDB",
    "Drain, MariaDB, 2 workers",
    _ONE_BY_ONE,
    "Enqueue, in bulk",
    "Idle latency, p50",
    "Idle latency, p99",
    "Latency under load, p99",
    "Latency under load, jobs sent",
    "500 jobs of sleep(1)",
    _MEMORY,
)


def chart(figures: Sequence[Figure]) -> str:
    """Return the chart of what each queue drains, at its best setting, quickest first."""
    best: dict[str, Figure] = {}
    for figure in figures:
        section = figure.section
        if section not in _CHARTED:
            continue
        subject = figure.subject + _CHARTED[section]
        if subject not in best or best[subject].median < figure.median:
            best[subject] = figure
    ordered = sorted(best.items(), key=lambda item: -item[1].median)
    bars = [
        bar_of(figure, label=label, ours=label == OURS) for label, figure in ordered
    ]
    return bar_chart("No-op jobs drained a second, one worker", bars)


_CHARTED = {
    "Drain, PostgreSQL": "",
    "Drain, Redis without persistence": " (Redis)",
}
