"""Real worker processes that come, go and are disturbed."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.faults.journal import KILL, PAUSE, RESUME, START, Journal, write_line

ROOT: Final = Path(__file__).resolve().parents[2]
PROGRAM: Final = (sys.executable, "-m", "tests.faults.worker")
#: How long a worker that was told to stop may take, in seconds.
STOP_S: Final = 60.0


class Fleet:
    """The workers of a trial; those that die are replaced by ``keep``."""

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        environments: list[dict[str, str]],
        arguments: tuple[str, ...],
    ) -> None:
        """Give the workers these environments in turn."""
        self._folder = folder
        self._journal = journal
        self._environments = itertools.cycle(environments)
        self._arguments = arguments
        self._count = 0
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def logs(self) -> list[Path]:
        """What the workers wrote."""
        return sorted(self._folder.glob("worker-*.log"))

    def start(self) -> subprocess.Popen[bytes]:
        """Start one more."""
        self._count += 1
        log = self._folder / f"worker-{self._count:03d}.log"
        with log.open("ab") as output:
            worker = subprocess.Popen(
                [*PROGRAM, *self._arguments],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env=next(self._environments),
            )
        self.workers.append(worker)
        return worker

    def warnings(self) -> int:
        """Return how many lines of trouble the workers have logged."""
        texts = [log.read_text() for log in self.logs]
        return sum(text.count('"WARNING"') + text.count('"ERROR"') for text in texts)

    def working(self) -> list[subprocess.Popen[bytes]]:
        """Return those that live and have run a job: they know what a signal means."""
        pids = {line.pid for line in self._journal.lines(START)}
        return [worker for worker in self.alive() if worker.pid in pids]

    def alive(self) -> list[subprocess.Popen[bytes]]:
        """Return those that live, forgetting the others."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        return self.workers

    def keep(self, size: int) -> None:
        """Have at least so many."""
        while len(self.alive()) < size:
            self.start()

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill one, without a chance to tidy up."""
        write_line(self._journal.path, KILL, worker.pid)
        worker.kill()
        worker.wait()

    def pause(self, worker: subprocess.Popen[bytes]) -> None:
        """Stop the clock of one."""
        write_line(self._journal.path, PAUSE, worker.pid)
        worker.send_signal(signal.SIGSTOP)

    def resume(self, worker: subprocess.Popen[bytes]) -> None:
        """Let it go on."""
        write_line(self._journal.path, RESUME, worker.pid)
        worker.send_signal(signal.SIGCONT)

    def stop(self) -> list[int]:
        """Tell all to stop; return their exit codes."""
        for worker in self.alive():
            worker.terminate()
        deadline = time.monotonic() + STOP_S
        codes = []
        for worker in self.workers:
            with suppress(subprocess.TimeoutExpired):
                codes.append(worker.wait(max(0.1, deadline - time.monotonic())))
        return codes

    def end(self) -> None:
        """Leave none behind."""
        for worker in self.workers:
            if worker.poll() is None:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)
                worker.wait()
