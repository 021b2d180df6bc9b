"""One round against OpenSSH's own server, where it is installed."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors.ssh import SSHExecutor
from tests.executors.ssh.jobs import Context, is_alive, kill, started, until

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"

pytestmark = pytest.mark.skipif(
    not Path(SSHD).exists(), reason=f"{SSHD} is not there: install openssh-server"
)

CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
PidFile none
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def answers(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def sshd(keys, tmp_path):
    """Run a server for the current user; hand out its port."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = free_port()
    keys["host"].write_private_key(tmp_path / "host")
    (tmp_path / "host").chmod(0o600)
    authorized = keys["user"].export_public_key().decode()
    (tmp_path / "authorized_keys").write_text(authorized)
    (tmp_path / "config").write_text(CONFIG.format(port=port, folder=tmp_path))
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(tmp_path / "config")],
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + 5
    while not answers(port) and time.monotonic() < deadline:
        time.sleep(0.01)
    yield port
    server.kill()
    server.wait()


@pytest.fixture
def trusted(keys, sshd, tmp_path):
    path = tmp_path / "known_hosts"
    host_key = keys["host"].export_public_key().decode()
    path.write_text(f"[127.0.0.1]:{sshd} {host_key}")
    return path


@pytest.fixture
async def perform(sshd, trusted, key_path):
    """Return a coroutine function that runs a command on the server."""
    executor = SSHExecutor(known_hosts=trusted, grace_s=0.5)

    async def perform(cmd, ctx=None, **more):
        login = {"host": "127.0.0.1", "port": sshd, "username": getpass.getuser()}
        return await executor.run(
            job_id=None,
            payload={**login, "key_path": key_path, "cmd": cmd, **more},
            ctx=ctx or Context(),
        )

    yield perform
    await executor.close()


async def test_openssh_runs_commands_with_all_that_belongs_to_them(perform):
    ctx = Context()
    value = 'it\'s "$HOME"\n\\n ü'
    cmd = 'printf "%s|" "$GREETING"; cat; echo oops >&2'
    result = await perform(cmd, ctx, env={"GREETING": value}, stdin="one\ntwo")
    assert result["output"] == f"{value}|one\ntwo"
    assert result["exit_status"] == 0
    assert "oops" in ctx.texts("stderr")


async def test_openssh_tells_how_commands_end(perform):
    with pytest.raises(ExecutorError, match="ended with exit status 3"):
        await perform("exit 3")
    with pytest.raises(ExecutorError, match="ended with signal KILL"):
        await perform("kill -9 $$")
    assert (await perform("kill -9 $$", stdin="x", check=False))["exit_status"] == 137


async def test_openssh_s_large_output_is_complete_and_in_order(perform):
    ctx = Context()
    await perform("seq 1 100000", ctx)
    assert ctx.texts() == [str(number) for number in range(1, 100_001)]


async def test_openssh_is_refused_with_a_changed_key_and_refuses_a_wrong_one(
    perform, trusted, keys, sshd, tmp_path
):
    keys["stranger"].write_private_key(tmp_path / "stranger")
    with pytest.raises(DiscardJob, match="refused the login"):
        await perform("true", key_path=str(tmp_path / "stranger"))
    other = keys["other_host"].export_public_key().decode()
    trusted.write_text(f"[127.0.0.1]:{sshd} {other}")
    with pytest.raises(DiscardJob, match="has changed"):
        await perform("true")


@pytest.mark.parametrize("stdin", [None, "text"])
async def test_cancelling_ends_a_command_and_its_children_on_openssh(perform, stdin):
    ctx = Context()
    cmd = "trap '' TERM; echo $$; (trap '' TERM; while true; do sleep 0.1; done) & echo $!; wait"
    async with started(ctx, lambda: perform(cmd, ctx, stdin=stdin)) as (task, pid):
        await until(lambda: len(ctx.texts()) > 1)
        child = int(ctx.texts()[1])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not is_alive(pid) and not is_alive(child))


async def test_a_command_on_openssh_ends_when_the_worker_is_gone(
    perform, sshd, trusted, key_path
):
    script = (
        "import asyncio, sys\n"
        "from pyjobkit_django.executors import SSHExecutor\n"
        "from tests.executors.ssh.jobs import Context\n"
        "class Printing(Context):\n"
        "    async def log(self, message, /, *, stream='stdout'):\n"
        "        print(message, flush=True)\n"
        "host, port, username, key_path, known = sys.argv[1:]\n"
        "payload = dict(host=host, port=int(port), username=username,\n"
        "    key_path=key_path, cmd='echo $$; exec sleep 60')\n"
        "executor = SSHExecutor(known_hosts=known, grace_s=0.5)\n"
        "asyncio.run(executor.run(job_id=None, payload=payload, ctx=Printing()))\n"
    )
    command = [sys.executable, "-c", script, "127.0.0.1", str(sshd), getpass.getuser()]
    worker = await asyncio.create_subprocess_exec(
        *command, key_path, str(trusted), stdout=asyncio.subprocess.PIPE
    )
    pid = int(await worker.stdout.readline())
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    await until(lambda: not is_alive(pid))


async def test_what_a_command_on_openssh_leaves_running_on_purpose_goes_on(perform):
    ctx = Context()
    await perform("nohup sleep 60 >/dev/null 2>&1 & echo $!", ctx)
    left = int(ctx.texts()[0])
    await asyncio.sleep(0.2)
    assert is_alive(left)
    kill(left)


async def test_more_sessions_than_openssh_allows_are_a_failed_attempt(
    sshd, trusted, key_path, tmp_path
):
    executor = SSHExecutor(known_hosts=trusted, max_sessions=11)
    login = {"host": "127.0.0.1", "port": sshd, "username": getpass.getuser()}
    wait = f"while ! test -e {tmp_path}/go; do sleep 0.05; done"
    payload = {**login, "key_path": key_path, "cmd": wait}
    async with asyncio.timeout(10):
        runs = {
            asyncio.ensure_future(
                executor.run(job_id=None, payload=payload, ctx=Context())
            )
            for _ in range(11)
        }
        [refused], others = await asyncio.wait(
            runs, return_when=asyncio.FIRST_COMPLETED
        )
        (tmp_path / "go").touch()
        await asyncio.gather(*others)
    assert "did not start the command: open failed" in str(refused.exception())
    await executor.close()
