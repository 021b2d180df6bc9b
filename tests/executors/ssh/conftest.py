from __future__ import annotations

import asyncssh
import pytest

from pyjobkit_django.executors.ssh import SSHExecutor
from tests.executors.ssh.jobs import Context
from tests.executors.ssh.server import Server


@pytest.fixture(scope="session")
def keys():
    """Return keys by name: those of two hosts, of the user and of a stranger."""
    names = ("host", "other_host", "user", "stranger")
    return {name: asyncssh.generate_private_key("ssh-ed25519") for name in names}


@pytest.fixture
def key_path(keys, tmp_path):
    path = tmp_path / "id_user"
    keys["user"].write_private_key(path)
    return str(path)


@pytest.fixture
async def server(keys):
    server = Server(keys["host"], [keys["user"].convert_to_public()])
    await server.start()
    yield server
    await server.clean_up()


@pytest.fixture
def known_hosts(server, tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(server.known_hosts_line())
    return path


@pytest.fixture
async def make_executor(known_hosts):
    """Return a function that makes an executor which trusts the server; all are closed."""
    made = []

    def make(**options):
        executor = SSHExecutor(
            **{"known_hosts": known_hosts, "grace_s": 0.4, **options}
        )
        made.append(executor)
        return executor

    yield make
    for executor in made:
        await executor.close()


@pytest.fixture
def executor(make_executor):
    return make_executor()


@pytest.fixture
def payload(server, key_path):
    """Return a function that makes a payload for the server."""

    def make(cmd, **more):
        login = {"host": "127.0.0.1", "port": server.port, "username": "deploy"}
        return {**login, "key_path": key_path, "cmd": cmd, **more}

    return make


@pytest.fixture
def ctx():
    return Context()


@pytest.fixture
def run(executor, payload, ctx):
    """Return a coroutine function that runs a command on the server."""

    async def run(cmd, **more):
        return await executor.run(job_id=None, payload=payload(cmd, **more), ctx=ctx)

    return run
