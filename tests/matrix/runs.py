"""Run cells, some at a time, and keep what they said."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.matrix.cells import Cell

_PYTEST = (sys.executable, "-m", "pytest")
_MEASURED = (sys.executable, "-m", "coverage", "run", "-m", "pytest")


@dataclass(frozen=True, slots=True)
class Result:
    """How a cell ended."""

    cell: Cell
    passed: bool
    output: str
    seconds: float

    @property
    def summary(self) -> str:
        """pytest's last line."""
        lines = self.output.strip().splitlines() or ["it said nothing"]
        return lines[-1].strip("= ")

    @property
    def django_version(self) -> str:
        """The version that pytest says it ran on."""
        found = re.search(r"^django: version: ([^,\s]+)", self.output, re.MULTILINE)
        return found[1] if found else self.cell.django

    def count(self, ended: str) -> int:
        """Return how many tests ended so, for example ``skipped``."""
        found = re.search(rf"(\d+) {ended}", self.summary)
        return int(found[1]) if found else 0


class Runner:
    """Runs cells in a folder, ``abreast`` at a time."""

    def __init__(self, folder: Path, *, abreast: int) -> None:
        self._folder = folder
        self._abreast = abreast
        self._running: set[subprocess.Popen[bytes]] = set()

    def run(
        self, cells: Mapping[Cell, Mapping[str, str]], arguments: Sequence[str]
    ) -> Iterator[Result]:
        """Yield each cell's result as it comes; cells are given with their environment."""
        pool = ThreadPoolExecutor(self._abreast)
        started = [
            pool.submit(self._run, cell, environment, arguments)
            for cell, environment in cells.items()
        ]
        try:
            for done in as_completed(started):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in self._running:
                process.terminate()

    def _run(
        self, cell: Cell, environment: Mapping[str, str], arguments: Sequence[str]
    ) -> Result:
        started = time.monotonic()
        with subprocess.Popen(
            [
                *(_MEASURED if cell.measured else _PYTEST),
                *cell.selection,
                *arguments,
            ],
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            self._running.add(process)
            output, _ = process.communicate()
            self._running.discard(process)
        return Result(
            cell,
            passed=process.returncode == 0,
            output=output.decode(errors="replace"),
            seconds=time.monotonic() - started,
        )
