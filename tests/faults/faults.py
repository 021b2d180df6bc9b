"""The faults, one function each: they disturb a trial, as often as they are told."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pyjobkit_django.models import WorkerRecord
from tests.faults.history import Verdict
from tests.faults.journal import KILL, START
from tests.faults.place import ALIAS, patiently
from tests.faults.proxy import Proxy
from tests.faults.server import ROLE, OwnServer
from tests.faults.trial import PEACE_S, Terms, Trial

#: How many of a crowd always work.
STAY: Final = 3

type Act = Callable[[Trial, "Fault"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done, how often, for how long each time, and to what kind of workers."""

    name: str
    act: Act
    times: int = 2
    hold_s: float = 1.0
    terms: Terms = field(default_factory=Terms)
    #: Whether no job may run a second time for it.
    runs_once: bool = False
    #: How long recovery may take, in seconds; by default a lease and two more.
    within_s: float | None = None

    @property
    def limit_s(self) -> float:
        """How long recovery may take."""
        return self.terms.lease_s + 2.0 if self.within_s is None else self.within_s

    def broken(self, verdict: Verdict) -> list[str]:
        """Return the promises that a verdict says are broken, in words."""
        more = []
        if self.runs_once and verdict.runs > verdict.jobs:
            more.append(f"{verdict.jobs} jobs ran {verdict.runs} times")
        if verdict.recovery_s > self.limit_s:
            more.append(f"recovery took {verdict.recovery_s:.1f} s, not {self.limit_s}")
        return [*verdict.faults, *more]

    def __call__(self, trial: Trial) -> None:
        """Disturb a trial."""
        self.act(trial, self)


# Workers.


def dying_at(*moments: str) -> Act:
    """Jobs take their worker with them, the first time they run, at one moment each."""

    def act(trial: Trial, fault: Fault) -> None:
        for moment in moments * fault.times:
            trial.gather()
            trial.enqueue(1, die=moment, for_s=0.1)
            trial.times += 1
            trial.work(60, until=lambda: len(trial.journal.lines(KILL)) >= trial.times)

    return act


def killed(trial: Trial, fault: Fault) -> None:
    """Workers are killed at any moment."""
    for _ in range(fault.times):
        trial.gather()
        trial.work(trial.rng.uniform(0.0, 0.5))
        trial.fleet.kill(trial.a_worker())
        trial.times += 1


def stopped_and_continued(trial: Trial, fault: Fault) -> None:
    """A worker sleeps through the end of its leases and goes on where it was."""
    for _ in range(fault.times):
        trial.gather()
        worker = trial.a_worker()
        trial.fleet.pause(worker)
        trial.work(trial.terms.lease_s + fault.hold_s)
        trial.fleet.resume(worker)
        trial.times += 1


def told_twice(trial: Trial, fault: Fault) -> None:
    """SIGTERM comes during a drain, and comes again."""
    for _ in range(fault.times):
        trial.gather()
        worker = trial.a_worker()
        trial.enqueue(trial.terms.concurrency, for_s=1.5)
        trial.happened()
        worker.terminate()
        patiently(_until_draining, worker.pid)
        worker.terminate()
        worker.send_signal(signal.SIGTERM)
        trial.until(lambda worker=worker: worker.poll() is not None, what="the end")
        assert worker.returncode == 0, worker.returncode
        trial.times += 1


def undisturbed(trial: Trial, fault: Fault) -> None:
    """The terms of the trial are the fault: a clock, a slow line."""
    trial.work(fault.hold_s)
    trial.times += 1


def joining_and_leaving(trial: Trial, fault: Fault) -> None:
    """A crowd of workers comes and goes, one way or another."""
    end = time.monotonic() + fault.hold_s
    while time.monotonic() < end:
        trial.work(trial.rng.uniform(0.1, 1.5))
        if len(trial.fleet.working()) <= STAY:
            # A machine may start them more slowly than they leave: somebody has to stay.
            continue
        worker = trial.a_worker()
        if trial.rng.random() < 0.3:
            trial.fleet.kill(worker)
        else:
            trial.happened()
            worker.terminate()
        trial.times += 1


# The database.


def cut_off(trial: Trial, fault: Fault) -> None:
    """Every session is terminated."""
    for _ in range(fault.times):
        trial.gather()
        server(trial).cut_everybody()
        trial.happened()
        trial.times += 1


def down(how: signal.Signals) -> Act:
    """The server stops, in one manner or another, and starts again."""

    def act(trial: Trial, fault: Fault) -> None:
        for _ in range(fault.times):
            trial.gather()
            server(trial).stop(how)
            time.sleep(fault.hold_s)
            server(trial).start()
            trial.happened()
            trial.work(PEACE_S + trial.terms.lease_s)
            trial.times += 1

    return act


def outlived(trial: Trial, fault: Fault) -> None:
    """The server is away for long: what ends meanwhile is settled when it is back.

    The workers tell of it in a line for each step of a wait that doubles, at the most.
    """
    for _ in range(fault.times):
        trial.gather()
        ending = set(trial.enqueue(trial.terms.concurrency, for_s=1.0))
        trial.until(
            lambda ending=ending: (
                ending <= {line.job for line in trial.journal.lines(START)}
            ),
            what="the start of what ends in the outage",
        )
        server(trial).stop()
        before = trial.fleet.warnings()
        time.sleep(fault.hold_s)
        told = trial.fleet.warnings() - before
        server(trial).start()
        trial.happened()
        trial.work(3.0)
        trial.times += 1
        steps = 2 + math.log2(1 + fault.hold_s / 0.8)
        assert told <= steps * trial.terms.workers, f"{told} lines in {fault.hold_s} s"


def full(trial: Trial, fault: Fault) -> None:
    """No more connections are let in, and those there are are cut."""
    for _ in range(fault.times):
        trial.gather()
        server(trial).do(f"ALTER ROLE {ROLE} CONNECTION LIMIT 0")
        server(trial).cut_everybody()
        time.sleep(fault.hold_s)
        server(trial).do(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1")
        trial.happened()
        trial.work(PEACE_S + trial.terms.lease_s)
        trial.times += 1


def read_only(trial: Trial, fault: Fault) -> None:
    """For a while nothing can be written."""
    for _ in range(fault.times):
        trial.gather()
        server(trial).do(
            "ALTER SYSTEM SET default_transaction_read_only = on",
            "SELECT pg_reload_conf()",
        )
        time.sleep(fault.hold_s)
        server(trial).do(
            "ALTER SYSTEM RESET default_transaction_read_only",
            "SELECT pg_reload_conf()",
        )
        trial.happened()
        trial.work(PEACE_S + trial.terms.lease_s)
        trial.times += 1


def raising(table: str, event: str, share: float, *codes: str) -> Act:
    """A share of the statements on a table fails with one of some errors."""
    cases = " ".join(
        f"WHEN {number} THEN RAISE EXCEPTION 'chaos' USING ERRCODE = '{code}';"
        for number, code in enumerate(codes)
    )

    def act(trial: Trial, fault: Fault) -> None:
        server(trial).do(
            f"""CREATE OR REPLACE FUNCTION chaos() RETURNS trigger AS $$ BEGIN
            IF random() < {share} THEN CASE floor(random() * {len(codes)})::int
            {cases} END CASE; END IF; RETURN NULL; END $$ LANGUAGE plpgsql""",
            f"""CREATE TRIGGER chaos BEFORE {event} ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION chaos()""",
        )
        trial.work(fault.hold_s)
        server(trial).do(f"DROP TRIGGER chaos ON {table}")
        trial.times += 1

    return act


# The line to it.


def swallowed(trial: Trial, fault: Fault) -> None:
    """What is sent gets lost; then new connections pass, and the old ones stay mute."""
    for _ in range(fault.times):
        trial.gather()
        proxy(trial).swallow()
        time.sleep(fault.hold_s)
        proxy(trial).pass_on()
        trial.happened()
        trial.work(PEACE_S + 2 * trial.terms.lease_s)
        trial.times += 1


def reset(trial: Trial, fault: Fault) -> None:
    """Every connection is reset."""
    for _ in range(fault.times):
        trial.gather()
        proxy(trial).reset()
        trial.happened()
        trial.times += 1


def slow(trial: Trial, fault: Fault) -> None:
    """Every answer comes half a second later."""
    proxy(trial).delay(0.25)
    trial.work(fault.hold_s)
    proxy(trial).pass_on()
    trial.times += 1


def server(trial: Trial) -> OwnServer:
    """Return the server, which the fault needs."""
    assert trial.place.server, "this fault takes a server of our own"
    return trial.place.server


def proxy(trial: Trial) -> Proxy:
    """Return the proxy, which the fault needs."""
    assert trial.place.proxy, "this fault takes a server of our own"
    return trial.place.proxy


def _until_draining(pid: int) -> None:
    workers = WorkerRecord.objects.using(ALIAS).filter(pid=pid)
    deadline = time.monotonic() + 20
    while not workers.exclude(state="running").exists():
        assert time.monotonic() < deadline, f"worker {pid} does not drain"
        time.sleep(0.02)
