"""Real worker processes, and waiting for what they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
EXECUTORS = ("Note", "Gate", "Stuck", "Deaf", "Poison", "Flaky")
#: Far more than anything here takes on a loaded machine.
PATIENCE_S = 60.0


class WorkerProcess:
    """One ``manage.py pyjobkit_worker``, with its log in a file."""

    def __init__(self, log: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "django", "pyjobkit_worker", *arguments]
        for name in EXECUTORS:
            command += ["--executor", f"tests.acceptance.executors:{name}"]
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=output, env=dict(os.environ)
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def wait(self) -> int:
        """Return the exit code."""
        return self._process.wait(PATIENCE_S)


class Journal:
    """The lines that jobs wrote, word by word."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self, word: str | None = None) -> list[list[str]]:
        if not self.path.exists():
            return []
        rows = [line.split() for line in self.path.read_text().splitlines()]
        return [row for row in rows if word in (None, row[0])]


def until(condition: Callable[[], object], *, what: str) -> None:
    """Return once ``condition`` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {PATIENCE_S} s"
        time.sleep(0.02)


def each(workers: list[WorkerProcess]) -> Iterator[str]:
    """Yield the log of each worker, for the message of a failed assertion."""
    for worker in workers:
        yield worker.log.read_text()
