"""A worker in a process of its own, as it is in production."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
#: Nobody who stops the demo wants to wait for reports.
ARGUMENTS = ("--once", "--stop-timeout=1")
#: How long a worker may take to end once it was asked to, in seconds.
PATIENCE_S = 5.0


@contextmanager
def worker_process(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Lend a worker that ends when nothing is left to do, at the latest with the block."""
    command = [sys.executable, str(MANAGE), "pyjobkit_worker", *ARGUMENTS]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl+C in the terminal is for us, who then end the worker.
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
