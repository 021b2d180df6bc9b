"""Workers are waited for as long as they get somewhere, and ended afterwards."""

from __future__ import annotations

import sys

import pytest

from benchmarks import marks
from benchmarks.workers import StalledError, started

pytestmark = pytest.mark.once

_MARK_TWICE = """
import time
from benchmarks.marks import marker
mark = marker()
mark()
mark()
time.sleep(60)
"""


def test_what_is_left_is_waited_for_and_the_worker_ended(tmp_path):
    path = tmp_path / "marks"
    with started(tmp_path / "log") as workers:
        workers.start([sys.executable, "-c", _MARK_TWICE], {marks.VARIABLE: str(path)})
        workers.wait_until(lambda: 2 - marks.count(path), "bodies")
        assert workers.memory_mb() > 1
        (process,) = workers.processes

    assert process.returncode is not None


def test_workers_that_end_too_early_are_told_with_their_log(tmp_path):
    with started(tmp_path / "log") as workers:
        workers.start([sys.executable, "-c", "raise SystemExit('no database')"], {})
        with pytest.raises(StalledError, match="3 bodies left: no database"):
            workers.wait_until(lambda: 3, "bodies")
