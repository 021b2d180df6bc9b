"""A queue set up for measuring: its venv, its installed database, and runs on copies of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import databases, marks, redis
from benchmarks.databases import Database
from benchmarks.workers import ROOT, Workers

_PATIENCE_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a worker is started: the words after ``python``; ``{dsn}`` is filled in."""

    label: str
    command: tuple[str, ...]
    jobs: int = 20_000
    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A queue that is measured.

    ``program`` is the module with its jobs; ``requirements`` are installed in a venv of its
    own (none: ours); ``unfinished`` is the query that counts what is not yet finished.
    """

    name: str
    program: str
    database: str = "postgresql"
    requirements: tuple[str, ...] = ()
    unfinished: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    drains: tuple[Setting, ...] = ()
    idle: Setting | None = None
    sleeping: Setting | None = None
    has_bulk: bool = True
    enqueues: bool = True
    may_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One subject on a database of its own, with a file for its marks."""

    subject: Subject
    python: Path
    database: Database
    marks: Path

    def call(self, *words: object, through: Database | None = None) -> dict[str, float]:
        """Carry out a command of the subject's program; return its reply."""
        command = [str(self.python), "-m", self.subject.program, *map(str, words)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **self._environment(through)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
        if done.returncode:
            tail = done.stderr[-1_500:]
            raise RuntimeError(f"{' '.join(command[2:])} failed: {tail}")
        reply: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return reply

    def start(
        self, workers: Workers, setting: Setting, *, through: Database | None = None
    ) -> None:
        """Start the processes that a setting asks for."""
        database = through or self.database
        words = [word.format(dsn=database.dsn) for word in setting.command]
        environment = {**self._environment(through), **setting.environment}
        for _ in range(setting.workers):
            workers.start([str(self.python), *words], environment)

    def wait_for_bodies(self, crew: Workers, bodies: int) -> None:
        """Return once so many marks are there."""
        crew.wait_until(lambda: max(0, bodies - marks.count(self.marks)), "bodies")

    def wait_for_ends(self, crew: Workers, connection: object) -> None:
        """Return once the database holds no unfinished job."""
        query = self.subject.unfinished
        crew.wait_until(
            lambda: int(databases.one(connection, query)), "unfinished rows"
        )

    def _environment(self, through: Database | None) -> dict[str, str]:
        return {
            **(through or self.database).environment(),
            **self.subject.environment,
            marks.VARIABLE: str(self.marks),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        }


@dataclass(frozen=True, slots=True)
class Stand:
    """A subject that is ready: ``run`` lends it a fresh copy of its installed database."""

    subject: Subject
    python: Path
    template: Database
    folder: Path

    @property
    def log(self) -> Path:
        """Where this subject's workers write."""
        return self.folder / f"{self.subject.program.rpartition('.')[2]}.log"

    @contextmanager
    def run(self) -> Iterator[Run]:
        """Lend a fresh database with the queue installed, and an empty file of marks."""
        kind = self.subject.database
        is_copied = kind in ("sqlite", "postgresql")
        with (
            tempfile.TemporaryDirectory(prefix="pyjobkit-bench-") as folder,
            databases.lent(kind, like=self.template if is_copied else None) as database,
        ):
            run = Run(self.subject, self.python, database, Path(folder, "marks"))
            if kind == "redis":
                redis.empty(database.url)
            if not is_copied:
                run.call("install")
            yield run


@contextmanager
def ready(
    subject: Subject, folder: Path, *, python: Path | None = None
) -> Iterator[Stand]:
    """Install a subject; lend it for as many runs as are wanted."""
    interpreter = python or Path(sys.executable)
    with databases.lent(subject.database) as template:
        Run(subject, interpreter, template, folder / "unused").call("install")
        yield Stand(subject, interpreter, template, folder)
