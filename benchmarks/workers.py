"""Worker processes: started, watched for what they hold in memory, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_GRACE_S = 10
#: How long workers may get nowhere, and how often that is looked at.
_PATIENCE_S = 60
_LOOK_S = 0.01


class StalledError(Exception):
    """The workers did not do what was waited for; the message ends with their log."""


@dataclass
class Workers:
    """Some processes with one log; each leads a process group of its own."""

    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start one more process."""
        with self.log.open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env={**os.environ, **environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def wait_until(self, left: Callable[[], int], what: str) -> None:
        """Return once nothing is left; StalledError if the workers die or get nowhere."""
        before, deadline = -1, 0.0
        while now := left():
            if now != before:
                before, deadline = now, time.monotonic() + _PATIENCE_S
            if all(process.poll() is not None for process in self.processes):
                raise StalledError(f"ended with {now} {what} left: {self._tail()}")
            if time.monotonic() > deadline:
                raise StalledError(
                    f"still {now} {what} left after {_PATIENCE_S} s: {self._tail()}"
                )
            time.sleep(_LOOK_S)

    def memory_mb(self) -> float:
        """Return the resident memory of all processes and their children, in MB."""
        listed = subprocess.run(
            ["ps", "-A", "-o", "pgid=,rss="], capture_output=True, text=True, check=True
        )
        leaders = {process.pid for process in self.processes}
        rows = (line.split() for line in listed.stdout.splitlines())
        return sum(int(rss) for group, rss in rows if int(group) in leaders) / 1024

    def stop(self) -> None:
        """End the processes, politely first."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_S
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _tail(self) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return text[-1_500:].strip() or "its log is empty"


@contextmanager
def started(log: Path) -> Iterator[Workers]:
    """Lend workers; whatever was started is ended afterwards."""
    workers = Workers(log)
    try:
        yield workers
    finally:
        workers.stop()
