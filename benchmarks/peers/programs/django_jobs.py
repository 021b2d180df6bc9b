"""Jobs of the queues that speak django.tasks."""

from __future__ import annotations

import time

from django.tasks import task

from benchmarks.marks import lateness, marker

_mark = marker()
_mark_lateness = lateness()


@task()
def noop() -> None:
    _mark()


@task()
def late(sent: int) -> None:
    _mark_lateness(sent)


@task()
def sleep() -> None:
    _mark()
    time.sleep(1)
    _mark()
