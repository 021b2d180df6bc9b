"""On what a run was made: figures of another machine do not compare."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks import databases


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine, its software and how busy it was; ``load`` at the start of the run."""

    cores: int
    processor: str
    memory_gib: float
    system: str
    python: str
    django: str
    psycopg: str
    server: str
    load: float

    @property
    def sentence(self) -> str:
        """The machine in one sentence."""
        return (
            f"{self.cores} cores ({self.processor}), {self.memory_gib:.0f} GiB,"
            f" {self.system}, Python {self.python}, Django {self.django},"
            f" psycopg {self.psycopg}; {self.server};"
            f" load {self.load:.1f} when the run began"
        )

    def as_json(self) -> dict[str, object]:
        """Return the machine for a file."""
        return {**asdict(self), "sentence": self.sentence}


def this_machine() -> Machine:
    """Return the machine at hand."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cores=os.cpu_count() or 1,
        processor=_processor(),
        memory_gib=pages / 2**30,
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
        django=version("django"),
        psycopg=version("psycopg"),
        server=databases.server_settings(),
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
