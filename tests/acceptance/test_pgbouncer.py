"""Workers behind a real PgBouncer in transaction mode, which keeps no session for anybody."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import pytest
from django.db import connection

from pyjobkit_django import cancel, enqueue, enqueue_many, get_job
from pyjobkit_django.models import Job, WorkerRecord
from tests.acceptance.conftest import StartWorker
from tests.acceptance.processes import Journal, each, until
from tests.databases.servers import url_variable
from tests.databases.throwaway import free_port

PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
URL = url_variable("postgresql")
CONFIG = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 10
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="is about postgresql"),
    pytest.mark.skipif(
        not Path(PGBOUNCER).exists(),
        reason=f"{PGBOUNCER} is not there: install pgbouncer",
    ),
]


@pytest.fixture
def pooler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put a pooler between the server and the processes that the test starts."""
    address = urlsplit(os.environ[URL])
    own = free_port()
    config = CONFIG.format(
        host=address.hostname or "127.0.0.1",
        port=address.port or 5432,
        user=unquote(address.username or "postgres"),
        password=unquote(address.password or ""),
        own=own,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pgbouncer.ini")
        path.write_text(config)
        # It refuses to be root, and whom it becomes has to read this.
        Path(folder).chmod(0o755)
        is_root = os.geteuid() == 0
        command = [PGBOUNCER, *(["-u", "nobody"] if is_root else []), str(path)]
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(lambda: answers(own), what="the pooler's first answer")
        user = address.netloc.rpartition("@")[0]
        through = address._replace(netloc=f"{user}@127.0.0.1:{own}")
        monkeypatch.setenv(URL, urlunsplit(through))
        yield
        with suppress(ProcessLookupError):
            server.kill()
        server.wait()


def answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.usefixtures("pooler")
def test_every_job_runs_once_though_no_session_is_kept(
    start_worker: StartWorker, journal: Journal
) -> None:
    payload = {"journal": str(journal.path)}
    enqueue_many([{"kind": "note", "payload": {**payload, "n": n}} for n in range(200)])
    workers = [start_worker("--poll-interval", "0.1") for _ in range(2)]

    until(
        lambda: Job.objects.filter(status="success").count() == 200,
        what="the success of every job",
    )

    runs = Counter(row[1] for row in journal.lines("note"))
    assert set(runs.values()) == {1}, list(each(workers))
    assert len(runs) == 200
    # One of them may have had nothing left to do, and have come later.
    alive = WorkerRecord.objects.filter(state="running")
    until(lambda: alive.count() == 2, what="the first beat of both workers")


@pytest.mark.usefixtures("pooler")
def test_polling_finds_what_no_channel_tells_of(
    start_worker: StartWorker, journal: Journal
) -> None:
    payload = {"journal": str(journal.path)}
    worker = start_worker("--poll-interval", "0.1", "--lease-ttl", "2")
    until(WorkerRecord.objects.exists, what="the worker's first beat")

    late = enqueue("note", {**payload, "n": 1})
    until(lambda: get_job(late)["status"] == "success", what="the late job's end")

    gate = journal.path.with_name("gate")
    held = enqueue("gate", {**payload, "gate": str(gate)})
    until(lambda: journal.lines("started"), what="the held job's start")
    cancel(held)
    until(lambda: get_job(held)["status"] == "cancelled", what="its cancelling")
    assert not worker.ended
