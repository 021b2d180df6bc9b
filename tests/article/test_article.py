"""The four cases of the article that describes pyjobkit, run as scripts.

Case 1 has nothing but its imports changed; the others also have what stands for a
database, a host and an address there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import asyncssh
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from pyjobkit_django import aget_job
from tests.acceptance.processes import PATIENCE_S, ROOT
from tests.executors.http.server import serving
from tests.executors.ssh.server import Server
from tests.worker.fakes import until

HERE = Path(__file__).parent
#: Shows what the log says of the jobs, since memory ends with the process.
LOUD = "import logging, runpy, sys; logging.basicConfig(level='INFO'); runpy.run_path(sys.argv[1])"

pytestmark = pytest.mark.timeout(120)


@contextmanager
def running(script: str, log: Path, **env: str) -> Iterator[Callable[[], str]]:
    """Run a script that never ends by itself; hand out a look at what it printed."""
    command = [sys.executable, "-u", "-c", LOUD, str(HERE / script)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, **env}
        )
    try:
        yield log.read_text
    finally:
        process.kill()
        process.wait()


async def job_of(printed: Callable[[], str]) -> UUID:
    """Return the id of the job that the script enqueued."""
    await until(lambda: "Задача поставлена:" in printed(), within=PATIENCE_S)
    await until(lambda: printed().endswith("\n"), within=PATIENCE_S)
    return UUID(printed().partition("Задача поставлена:")[2].split()[0])


async def result_of(printed: Callable[[], str]) -> object:
    """Return the result of the script's job, which has to succeed."""
    job_id = await job_of(printed)

    async def ended() -> object:
        return (await aget_job(job_id))["finished_at"]

    await until(ended, within=PATIENCE_S)
    record = await aget_job(job_id)
    assert record["status"] == "success", record["result"]
    return record["result"]


@pytest.fixture
async def site_database(transactional_db: None) -> AsyncIterator[None]:
    """Leave no connection behind in the thread that serves async code."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
async def host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Server]:
    """Serve SSH where ``remote_script.sh`` lies; a home folder knows the host's key."""
    key, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    user.write_private_key(tmp_path / "id_deploy")
    (tmp_path / "remote_script.sh").write_text("echo done by $0\n")
    monkeypatch.chdir(tmp_path)
    server = Server(key, [user.convert_to_public()])
    await server.start()
    home = tmp_path / ".ssh"
    home.mkdir()
    (home / "known_hosts").write_text(server.known_hosts_line())
    (home / "config").write_text(
        f"Host example.com\n  HostName 127.0.0.1\n  Port {server.port}\n"
    )
    yield server
    await server.clean_up()


async def test_case_1_runs_with_only_the_import_changed(tmp_path: Path) -> None:
    with running("case_1.py", tmp_path / "log") as printed:
        await job_of(printed)
        await until(lambda: "job succeeded" in printed(), within=PATIENCE_S)


@pytest.mark.usefixtures("site_database")
async def test_case_2_runs_on_the_site_s_database(tmp_path: Path) -> None:
    with running("case_2.py", tmp_path / "log") as printed:
        result = await result_of(printed)

    assert result["returncode"] == 0
    assert result["duration_ms"] >= 1_000  # the command sleeps for a second


@pytest.mark.usefixtures("site_database")
@pytest.mark.parametrize("script", ["case_3.py", "case_3_built_in.py"])
async def test_case_3_runs_a_script_on_another_host(
    tmp_path: Path, host: Server, script: str
) -> None:
    """Once with the article's own executor, once with the one that comes with us."""
    env = {
        "HOME": str(tmp_path),
        "KEY_PATH": str(tmp_path / "id_deploy"),
        "PORT": str(host.port),
    }
    with running(script, tmp_path / "log", **env) as printed:
        result = await result_of(printed)

    assert result["output"] == "done by remote_script.sh\n"
    assert host.connections == 1


@pytest.mark.usefixtures("site_database")
async def test_case_4_posts_the_body_to_the_webhook(tmp_path: Path) -> None:
    async with serving() as receiver:
        url = receiver.url("/webhook")
        with running("case_4.py", tmp_path / "log", URL=url) as printed:
            result = await result_of(printed)

    (request,) = receiver.received
    assert (request.method, request.target) == ("POST", "/webhook")
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {"data": "test"}
    assert result["status"] == 200
