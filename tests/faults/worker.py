"""A worker that can be disturbed: ``python -m tests.faults.worker ARGUMENTS``.

It is ``manage.py pyjobkit_worker`` with traps that jobs ask for, with the clock that
FAULTS_SHIFT_S moves, and with the defect that FAULTS_DEFECT names.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from importlib import import_module
from typing import Any

import django
from django.core.management import call_command


def main() -> None:
    """Disturb what is to be disturbed, then work."""
    shift_clock(float(os.environ.get("FAULTS_SHIFT_S", "0")))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.faults.settings"
    django.setup()
    import_module("tests.faults.traps").set_traps()
    if defect := os.environ.get("FAULTS_DEFECT"):
        import_module("tests.faults.defects").DEFECTS[defect]()
    call_command(
        "pyjobkit_worker", "--executor", "tests.faults.jobs:Step", *sys.argv[1:]
    )


def shift_clock(seconds: float) -> None:
    """Have this process believe that it is later, or earlier; monotonic time goes on."""
    if not seconds:
        return
    true_time, true_class = time.time, dt.datetime
    by = dt.timedelta(seconds=seconds)

    class Kind(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, true_class)

    class Shifted(true_class, metaclass=Kind):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return true_class.now(tz) + by

    time.time = lambda: true_time() + seconds
    dt.datetime = Shifted  # type: ignore[misc]


if __name__ == "__main__":
    main()
