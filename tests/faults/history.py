"""The checker: from what was written while jobs ran, whether the promises were kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from tests.faults.journal import END, FAULT, KILL, PAUSE, RESUME, START, Line

#: A process that was stopped may write so much longer, in seconds, once it goes on: its
#: executor and the watch over its lease wake in the same moment.
WAKING_S: Final = 0.5
#: A machine may keep a process waiting for so long that it does one thing more.
STARVED_S: Final = 0.1
#: By then an outcome is written, unless something holds it up, in seconds.
SETTLED_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """A job as the table has it in the end."""

    status: str
    version: int
    result: Any = None


@dataclass(frozen=True, slots=True)
class LostRun:
    """A run that was taken back because its lease had ended."""

    job: UUID
    version: int
    taken_back_s: float


@dataclass(frozen=True, slots=True)
class History:
    """All that is known; moments are seconds of the monotonic clock."""

    enqueued: frozenset[UUID]
    rows: dict[UUID, Row]
    lines: list[Line]
    lost_runs: list[LostRun] = field(default_factory=list)
    #: Whether a process that is stopped while it writes holds up every other one.
    has_one_writer: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found; sound where nothing but ``runs`` and ``recovery_s`` is above 0."""

    jobs: int
    runs: int
    lost: list[str]
    ended_twice: list[str]
    overlapping: list[str]
    stuck: list[str]
    run_too_often: list[str]
    #: From a fault until the last run it cost was taken back, and work went on.
    recovery_s: float
    #: Until the last job that lost a run ran again; they follow each other, as suspects.
    again_s: float

    @property
    def faults(self) -> list[str]:
        """Every broken promise, in words."""
        broken = (self.lost, self.ended_twice, self.overlapping, self.stuck)
        return [each for found in (*broken, self.run_too_often) for each in found]


@dataclass(slots=True)
class _Run:
    """One run of one job: from its start to the last line it wrote."""

    job: UUID
    version: int
    pid: int
    start_s: float
    last_s: float
    ended: bool = False


def check(history: History) -> Verdict:
    """Read a history and return what it proves."""
    runs = _runs(history.lines)
    by_job: dict[UUID, list[_Run]] = defaultdict(list)
    for run in runs:
        by_job[run.job].append(run)
    jobs = history.enqueued | history.rows.keys()
    return Verdict(
        jobs=len(jobs),
        runs=len(runs),
        lost=[*_lost(history, by_job)],
        ended_twice=[*_ended_twice(history), *_ended_for_nothing(history, by_job)],
        overlapping=[*_overlapping(by_job, history.lines)],
        stuck=[*_stuck(history)],
        run_too_often=[*_run_too_often(by_job, history.lines)],
        recovery_s=max(_recoveries(history, by_job), default=0.0),
        again_s=max(_returns(history, by_job), default=0.0),
    )


def _runs(lines: list[Line]) -> list[_Run]:
    runs: dict[tuple[UUID, int, int], _Run] = {}
    for line in lines:
        if line.job is None:
            continue
        key = (line.job, line.version, line.pid)
        if line.word == START:
            runs[key] = _Run(*key, line.at_s, line.at_s)
        elif key in runs:
            runs[key].last_s = line.at_s
            runs[key].ended |= line.word == END
    return sorted(runs.values(), key=lambda run: run.start_s)


def _lost(history: History, by_job: dict[UUID, list[_Run]]) -> Iterator[str]:
    """Every job is there, succeeded, and by a run that came to its end."""
    for job in sorted(history.enqueued - history.rows.keys()):
        yield f"{job} is gone"
    for job, row in history.rows.items():
        if row.status == "success":
            accepted = _accepted_version(row)
            if not any(run.ended and run.version == accepted for run in by_job[job]):
                yield f"{job} succeeded by a run that did not end"
        elif row.status in ("failed", "timeout", "cancelled"):
            yield f"{job} ended {row.status}, for no fault of its own"


def _ended_twice(history: History) -> Iterator[str]:
    """The end that stands is of the last run, and each claim had exactly one end."""
    lost = {(run.job, run.version) for run in history.lost_runs}
    for job, row in history.rows.items():
        if row.status != "success":
            continue
        accepted = _accepted_version(row)
        if accepted != row.version - 1:
            yield f"{job} is at version {row.version}, but run {accepted} ended it"
        elif row.version % 2:
            yield f"{job} is at version {row.version}: a claim with two ends"
        elif (job, accepted) in lost:
            yield f"{job}: run {accepted} was taken back, and ended it as well"


def _ended_for_nothing(
    history: History, by_job: dict[UUID, list[_Run]]
) -> Iterator[str]:
    """What a living worker ended is settled, however late, and not run again."""
    disturbed = {line.pid for line in history.lines if line.word in (KILL, PAUSE)}
    lost = {(run.job, run.version) for run in history.lost_runs}
    for job, runs in by_job.items():
        for run in runs:
            is_lost = run.ended and (job, run.version) in lost
            if is_lost and run.pid not in disturbed and not _held_up(run, history):
                yield f"{job}: run {run.version} had ended, and was not settled"


def _held_up(run: _Run, history: History) -> bool:
    """The one writer there may be was stopped when this run was to be settled."""
    pauses = [each for found in _pauses(history.lines).values() for each in found]
    return history.has_one_writer and any(
        stopped - SETTLED_S <= run.last_s <= woken for stopped, woken in pauses
    )


def _overlapping(by_job: dict[UUID, list[_Run]], lines: list[Line]) -> Iterator[str]:
    """A run that lost its lease had stopped before the next one started."""
    pauses = _pauses(lines)
    for job, runs in by_job.items():
        for number, run in enumerate(runs):
            for later in runs[number + 1 :]:
                over = later.start_s < run.last_s - STARVED_S
                if over and not _excused(run, later, pauses):
                    yield (
                        f"{job}: run {run.version} (pid {run.pid}) went on for "
                        f"{run.last_s - later.start_s:.3f} s beside run "
                        f"{later.version} (pid {later.pid})"
                    )


def _excused(run: _Run, later: _Run, pauses: dict[int, list[list[float]]]) -> bool:
    """A process that was stopped over the end of its lease cannot know before it wakes."""
    return any(
        stopped <= later.start_s and run.last_s <= woken + WAKING_S
        for stopped, woken in pauses.get(run.pid, [])
    )


def _pauses(lines: list[Line]) -> dict[int, list[list[float]]]:
    pauses: dict[int, list[list[float]]] = defaultdict(list)
    for line in lines:
        if line.word == PAUSE:
            pauses[line.pid].append([line.at_s, float("inf")])
        elif line.word == RESUME:
            pauses[line.pid][-1][1] = line.at_s
    return pauses


def _stuck(history: History) -> Iterator[str]:
    for job, row in history.rows.items():
        if row.status in ("scheduled", "queued", "running"):
            yield f"{job} is still {row.status}"


def _run_too_often(by_job: dict[UUID, list[_Run]], lines: list[Line]) -> Iterator[str]:
    faults = sum(line.word in (KILL, PAUSE, FAULT) for line in lines)
    for job, runs in by_job.items():
        if len(runs) - 1 > faults:
            yield f"{job} ran {len(runs)} times in {faults} faults"


def _recoveries(history: History, by_job: dict[UUID, list[_Run]]) -> Iterator[float]:
    for lost in history.lost_runs:
        yield from (lost.taken_back_s - at_s for at_s in _cause(lost, history, by_job))
    starts = sorted(run.start_s for runs in by_job.values() for run in runs)
    for line in history.lines:
        if line.word == FAULT:
            after = [start for start in starts if start > line.at_s]
            yield from (start - line.at_s for start in after[:1])


def _returns(history: History, by_job: dict[UUID, list[_Run]]) -> Iterator[float]:
    for lost in history.lost_runs:
        again = [run for run in by_job[lost.job] if run.version > lost.version]
        yield from (
            again[0].start_s - at_s for at_s in _cause(lost, history, by_job) if again
        )


def _cause(
    lost: LostRun, history: History, by_job: dict[UUID, list[_Run]]
) -> list[float]:
    """Return the moment of the fault that cost a run: its own worker's, or the last one."""
    pids = {run.pid for run in by_job[lost.job] if run.version == lost.version}
    before = [
        line
        for line in history.lines
        if line.word in (KILL, PAUSE, FAULT) and line.at_s < lost.taken_back_s
    ]
    own = [line for line in before if line.pid in pids] or before
    return [line.at_s for line in own[-1:]]


def _accepted_version(row: Row) -> int | None:
    version: int | None = (row.result or {}).get("version")
    return version
