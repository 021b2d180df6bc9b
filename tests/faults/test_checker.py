"""The checker finds what it is there for: in written histories, and in real defects."""

from __future__ import annotations

import signal
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.faults import jobs
from tests.faults.conftest import Act
from tests.faults.faults import (
    Fault,
    down,
    dying_at,
    stopped_and_continued,
    undisturbed,
)
from tests.faults.history import History, LostRun, Row, Verdict, check
from tests.faults.journal import END, FAULT, KILL, PAUSE, RESUME, START, TICK, Line
from tests.faults.trial import Terms
from tests.marks import on_postgresql, on_sqlite

JOB = uuid4()


def line(word: str, at_s: float, pid: int = 1, version: int = 1) -> Line:
    return Line(word, at_s, pid, JOB, version, 1)


def row(version: int = 2, by: int = 1, status: str = "success") -> dict[UUID, Row]:
    return {JOB: Row(status, version, {"version": by} if by else None)}


GOOD = History(frozenset([JOB]), row(), [line(START, 1), line(TICK, 2), line(END, 3)])
KILLED = History(
    frozenset([JOB]),
    row(version=4, by=3),
    [
        *(line(START, 1), Line(KILL, 2, 1)),
        *(line(START, 4, 2, version=3), line(END, 5, 2, version=3)),
    ],
    [LostRun(JOB, 1, 3.9)],
)


def test_a_sound_history_is_sound() -> None:
    assert check(GOOD).faults == []
    assert check(KILLED).faults == []


def test_recovery_counts_from_the_kill() -> None:
    assert check(KILLED).recovery_s == pytest.approx(1.9)
    assert check(KILLED).again_s == 2
    assert check(GOOD).recovery_s == 0


def test_recovery_counts_from_the_end_of_a_fault_to_the_next_start() -> None:
    history = replace(GOOD, lines=[Line(FAULT, 0.25, 0), *GOOD.lines])

    assert check(history).recovery_s == 0.75


@pytest.mark.parametrize(
    ("found", "history"),
    [
        ("lost", replace(GOOD, rows={})),
        ("lost", replace(GOOD, rows=row(by=0, status="failed"))),
        ("lost", replace(GOOD, lines=GOOD.lines[:-1])),
        ("stuck", replace(GOOD, rows=row(1, 0, "running"))),
        ("ended_twice", replace(GOOD, rows=row(version=4, by=1))),
        ("ended_twice", replace(GOOD, rows=row(version=3, by=2))),
        ("ended_twice", replace(GOOD, lost_runs=[LostRun(JOB, 1, 2.0)])),
        (
            "overlapping",
            replace(
                KILLED,
                lines=[
                    *(line(START, 1), line(START, 4, 2, version=3)),
                    *(line(TICK, 4.5), line(END, 5, 2, version=3)),
                    Line(FAULT, 0.5, 0),
                ],
            ),
        ),
        (
            "run_too_often",
            replace(KILLED, lines=[each for each in KILLED.lines if each.word != KILL]),
        ),
    ],
)
def test_each_broken_promise_is_found(found: str, history: History) -> None:
    assert getattr(check(history), found)


def test_a_stopped_process_may_write_once_more_when_it_wakes() -> None:
    lines = [
        *(line(START, 1), Line(PAUSE, 1.5, 1), line(START, 4, 2, version=3)),
        *(line(END, 5, 2, version=3), Line(RESUME, 6, 1), line(TICK, 6.1)),
    ]

    assert check(replace(KILLED, lines=lines)).faults == []
    assert check(replace(KILLED, lines=[*lines, line(TICK, 9)])).overlapping


def test_a_stopped_process_may_hold_up_the_others_where_one_writes_at_a_time() -> None:
    ended = [line(START, 1), line(END, 2), Line(PAUSE, 2.5, 9), Line(RESUME, 7, 9)]
    again = [line(START, 8, 2, version=3), line(END, 9, 2, version=3)]
    history = replace(KILLED, lines=[*ended, *again], lost_runs=[LostRun(JOB, 1, 7)])

    assert check(history).faults
    assert check(replace(history, has_one_writer=True)).faults == []


# Real workers with a defect each.


def found_in(act: Act, defect: str, action: object) -> Verdict:
    terms = Terms(
        environments=({"FAULTS_DEFECT": defect},), run_s=(0.8, 1.6), patience_s=5
    )
    return act(Fault(name=defect, act=action, times=1, hold_s=1.5, terms=terms))


@on_sqlite
@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("defect", "found", "action"),
    [
        ("no_reaper", "stuck", dying_at(jobs.RUNNING)),
        ("early_reaper", "run_too_often", undisturbed),
        ("no_deadline", "overlapping", stopped_and_continued),
        ("no_fencing", "ended_twice", stopped_and_continued),
    ],
)
def test_a_real_defect_is_found(
    act: Act, defect: str, found: str, action: object
) -> None:
    assert getattr(found_in(act, defect, action), found)


@on_postgresql
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_an_outcome_that_was_not_offered_again_is_found(act: Act) -> None:
    verdict = found_in(act, "no_settle_retry", down(signal.SIGINT))

    assert "had ended, and was not settled" in verdict.ended_twice[0]
