"""Workers that are killed, stopped, told twice, and that believe in another time."""

from __future__ import annotations

import pytest

from tests.faults import jobs
from tests.faults.conftest import Act
from tests.faults.faults import (
    Fault,
    dying_at,
    stopped_and_continued,
    told_twice,
)
from tests.faults.trial import Terms

LEASE_S = Terms().lease_s
#: How much later than its lease a job may run again, in seconds, where other tests run
#: beside this one; ``make chaos`` asks for two.
LATE_S = 60.0

MOMENTS = (jobs.CLAIMED, jobs.RUNNING, jobs.ENDED, jobs.SETTLED, jobs.EXIT)

pytestmark = [pytest.mark.stored, pytest.mark.slow, pytest.mark.timeout(240)]


def test_no_job_is_lost_with_its_worker_or_run_beside_itself(act: Act) -> None:
    """Half of the workers live ten minutes ahead, and half behind."""
    clocks = ({"FAULTS_SHIFT_S": "600"}, {"FAULTS_SHIFT_S": "-600"})
    terms = Terms(environments=clocks)

    verdict = act(
        Fault(name="dying", act=dying_at(*MOMENTS), times=1, terms=terms),
        Fault(name="stopped", act=stopped_and_continued, times=1),
        Fault(name="told twice", act=told_twice, times=1),
    )

    assert verdict.faults == []
    assert verdict.runs > verdict.jobs
    assert verdict.recovery_s <= LEASE_S + LATE_S
