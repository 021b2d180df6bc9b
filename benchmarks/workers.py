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

    def wait_until(
        self,
        is_so: Callable[[], bool],
        what: str,
        *,
        patience_s: float = 60,
        look_s: float = 0.01,
    ) -> None:
        """Return as soon as it is so; StalledError if the workers die or take too long."""
        deadline = time.monotonic() + patience_s
        while not is_so():
            if all(process.poll() is not None for process in self.processes):
                raise StalledError(f"the workers ended before {what}: {self._tail()}")
            if time.monotonic() > deadline:
                raise StalledError(f"no {what} in {patience_s:g} s: {self._tail()}")
            time.sleep(look_s)

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
