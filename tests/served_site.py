"""The example site as ``make serve`` runs it, in processes of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

PROC = Path("/proc")
EXAMPLE = Path(__file__).resolve().parent.parent / "example_project"
SERVE = EXAMPLE / "serve.py"
#: Far more than it takes on a loaded machine, in seconds.
PATIENCE_S = 45.0


class ServedSite:
    """One ``serve.py`` with its database and files in a folder; killed with the block."""

    def __init__(self, folder: Path, **variables: str) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self.database = folder / "site.sqlite3"
        self._log = folder / "serve.log"
        self._log.unlink(missing_ok=True)
        self._environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "REPORTS_DIR": str(folder),
            "PORT": "",
            **variables,
        }
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(SERVE)],
                env=self._environment,
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in [self._process.pid, *self.processes()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self._log.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it is, once it is up."""
        deadline = time.monotonic() + PATIENCE_S
        while "Stop both with" not in self.output:
            assert self._process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        found = re.search(r"Site +(http://\S+)/", self.output)
        assert found is not None, self.output
        return found[1]

    def enqueue(self, kind: str, payload: Any = None, *options: str) -> str:
        """Store a job as ``manage.py pyjobkit_enqueue`` does; return its id."""
        command = [
            sys.executable,
            str(SERVE.with_name("manage.py")),
            "pyjobkit_enqueue",
        ]
        done = subprocess.run(
            [*command, kind, json.dumps(payload or {}), *options],
            env={**self._environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def processes(self) -> dict[int, str]:
        """Return the command lines of its living processes but the first, by id."""
        marker = f"REPORTS_DIR={self._folder}\0".encode()
        found = {}
        for entry in PROC.glob("[0-9]*"):
            with suppress(OSError):
                if marker in (entry / "environ").read_bytes():
                    command = (entry / "cmdline").read_bytes().decode()
                    found[int(entry.name)] = command.replace("\0", " ")
        found.pop(self._process.pid, None)
        return found

    def process(self, word: str) -> int:
        """Return the id of the one process that has ``word`` in its command line."""
        (pid,) = (pid for pid, line in self.processes().items() if word in line)
        return pid

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Return the exit code."""
        return self._process.wait(PATIENCE_S)
