"""A PostgreSQL server that goes away, refuses, errs, and a line to it that misbehaves."""

from __future__ import annotations

import signal

import pytest

from tests.faults.conftest import Act
from tests.faults.faults import (
    Fault,
    cut_off,
    down,
    full,
    outlived,
    raising,
    read_only,
    reset,
    slow,
    swallowed,
)
from tests.faults.trial import Terms
from tests.marks import on_postgresql

LEASE_S = Terms().lease_s
#: How long after the end of a fault jobs run again at the latest, beyond a lease, in
#: seconds, where other tests run beside this one; ``make chaos`` asks for two.
LATE_S = 60.0
ERRORS = ("57014", "40P01", "40001")

pytestmark = [on_postgresql, pytest.mark.slow, pytest.mark.timeout(240)]


def test_workers_outlive_their_database(act: Act) -> None:
    # The worker that is back first waits a quarter of a lease for the others, which on a
    # busy machine have to come back within that.
    terms = Terms(lease_s=2 * LEASE_S)

    verdict = act(
        Fault(name="cut off", act=cut_off, times=2, terms=terms),
        Fault(
            name="stopped",
            act=down(signal.SIGINT),
            times=1,
            hold_s=terms.lease_s + 1,
        ),
        Fault(name="crashed", act=down(signal.SIGQUIT), times=1, hold_s=0.2),
        Fault(name="full", act=full, times=1, hold_s=1.5),
        Fault(name="read-only", act=read_only, times=1, hold_s=1.5),
    )

    assert verdict.faults == []
    assert verdict.recovery_s <= terms.lease_s + LATE_S


def test_workers_outlive_the_line_to_it(act: Act) -> None:
    terms = Terms(through_proxy=True)

    verdict = act(
        Fault(name="half open", act=swallowed, times=1, terms=terms),
        Fault(name="reset", act=reset, times=3),
    )

    assert verdict.faults == []
    assert verdict.recovery_s <= LEASE_S + LATE_S


def test_what_is_late_or_refused_is_tried_again_and_runs_once(act: Act) -> None:
    terms = Terms(through_proxy=True, lease_s=10)

    verdict = act(
        Fault(
            name="errors",
            act=raising("pyjobkit_django_job", "UPDATE", 0.2, *ERRORS),
            terms=terms,
        ),
        Fault(
            name="full disk",
            act=raising("pyjobkit_django_joblog", "INSERT", 1, "53100"),
        ),
        Fault(name="slow", act=slow, hold_s=2),
        Fault(name="away", act=outlived, times=1, hold_s=3),
    )

    assert verdict.faults == []
    assert verdict.runs == verdict.jobs
    assert verdict.recovery_s <= LATE_S
