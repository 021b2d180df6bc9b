"""Every fault that ``make chaos`` acts out: what, how often, for how long."""

from __future__ import annotations

import signal
from typing import Final

from tests.faults import jobs
from tests.faults.faults import (
    Fault,
    cut_off,
    down,
    dying_at,
    full,
    joining_and_leaving,
    killed,
    outlived,
    raising,
    read_only,
    reset,
    slow,
    stopped_and_continued,
    swallowed,
    told_twice,
    undisturbed,
)
from tests.faults.trial import Terms

_JOBS: Final = "pyjobkit_django_job"
_LOGS: Final = "pyjobkit_django_joblog"
_PROXIED: Final = Terms(through_proxy=True)
_LONG: Final = Terms(lease_s=10)
_AHEAD: Final = Terms(lease_s=10, environments=({"FAULTS_SHIFT_S": "600"}, {}))
_BEHIND: Final = Terms(lease_s=10, environments=({"FAULTS_SHIFT_S": "-600"}, {}))
_SLOW: Final = Terms(lease_s=10, through_proxy=True)
_CROWD: Final = Terms(lease_s=4, workers=16, concurrency=2)

FAULTS: Final = (
    Fault(name="killed between claim and start", act=dying_at(jobs.CLAIMED)),
    Fault(name="killed during the run", act=dying_at(jobs.RUNNING)),
    Fault(name="killed between end and settle", act=dying_at(jobs.ENDED)),
    Fault(name="killed after the settle", act=dying_at(jobs.SETTLED)),
    Fault(name="killed at any moment", act=killed, times=3),
    Fault(name="exit as when memory runs out", act=dying_at(jobs.EXIT)),
    Fault(name="stopped beyond its lease, continued", act=stopped_and_continued),
    Fault(name="SIGTERM, twice more in the drain", act=told_twice),
    Fault(name="clock 10 min ahead", act=undisturbed, terms=_AHEAD, runs_once=True),
    Fault(name="clock 10 min behind", act=undisturbed, terms=_BEHIND, runs_once=True),
    Fault(name="every session terminated", act=cut_off, times=4),
    Fault(name="PostgreSQL restarted", act=down(signal.SIGINT), hold_s=0.1),
    Fault(name="immediate shutdown", act=down(signal.SIGQUIT), hold_s=0.1),
    Fault(name="PostgreSQL stopped 20 s", act=outlived, times=1, hold_s=20, within_s=4),
    Fault(
        name="PostgreSQL stopped 60 s (lease 30 s)",
        act=outlived,
        times=1,
        hold_s=60,
        terms=Terms(lease_s=30),
        runs_once=True,
        within_s=2,
    ),
    Fault(name="half-open connections", act=swallowed, times=2, terms=_PROXIED),
    Fault(name="connections reset", act=reset, times=4, terms=_PROXIED),
    Fault(
        name="half a second more a round trip",
        act=slow,
        times=1,
        hold_s=8,
        terms=_SLOW,
        runs_once=True,
    ),
    Fault(name="connection limit reached", act=full, times=2, hold_s=3),
    Fault(name="read-only for 10 s", act=read_only, times=1, hold_s=10),
    Fault(
        name="timeouts, deadlocks, serialization",
        act=raising(_JOBS, "UPDATE", 0.2, "57014", "40P01", "40001"),
        hold_s=6,
        terms=_LONG,
        runs_once=True,
    ),
    Fault(
        name="disk full when logs are written",
        act=raising(_LOGS, "INSERT", 0.7, "53100"),
        hold_s=4,
        terms=_LONG,
        runs_once=True,
    ),
    Fault(
        name="16 workers join and leave, 2 min",
        act=joining_and_leaving,
        times=1,
        hold_s=120,
        terms=_CROWD,
    ),
)
