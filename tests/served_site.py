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
#: Stores the jobs that it is told of, a line each, and answers with their ids.
ENQUEUER = """
import datetime, json, sys
import django
django.setup()
from pyjobkit_django import enqueue
for line in sys.stdin:
    job = json.loads(line)
    if (seconds := job.pop("in_s", None)) is not None:
        later = datetime.timedelta(seconds=seconds)
        job["scheduled_for"] = datetime.datetime.now(datetime.UTC) + later
    print(enqueue(**job), flush=True)
"""

#: Adds a user who may enter the admin and see all that is ours, and do nothing.
ADD_VIEWER = """
import sys
import django
django.setup()
from django.contrib.auth.models import Permission, User
name, password = sys.argv[1:]
user = User.objects.create_user(name, password=password, is_staff=True)
ours = {"content_type__app_label": "pyjobkit_django", "codename__startswith": "view_"}
user.user_permissions.set(Permission.objects.filter(**ours))
"""


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
        self._enqueuer: subprocess.Popen[str] | None = None
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
        if self._enqueuer is not None:
            self._enqueuer.communicate()
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

    def enqueue(self, kind: str, payload: Any = None, **options: Any) -> str:
        """Store a job in the site's database, perhaps ``in_s`` seconds; return its id."""
        if self._enqueuer is None:
            self._enqueuer = subprocess.Popen(
                [sys.executable, "-c", ENQUEUER],
                env=self._django,
                cwd=SERVE.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        job = {"kind": kind, "payload": payload or {}, **options}
        assert self._enqueuer.stdin
        assert self._enqueuer.stdout
        self._enqueuer.stdin.write(f"{json.dumps(job)}\n")
        self._enqueuer.stdin.flush()
        return self._enqueuer.stdout.readline().strip()

    def add_viewer(self, name: str, password: str) -> None:
        """Add a user who sees jobs and workers in the admin and may do nothing."""
        subprocess.run(
            [sys.executable, "-c", ADD_VIEWER, name, password],
            env=self._django,
            cwd=SERVE.parent,
            check=True,
        )

    @property
    def _django(self) -> dict[str, str]:
        return {**self._environment, "DJANGO_SETTINGS_MODULE": "config.settings"}

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
