"""The executor, and the article's own, under the real worker."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from asyncssh import connect as ssh_connect

from pyjobkit_django import Engine, Worker
from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.contracts import ExecContext, Executor
from tests.executors.ssh.jobs import is_alive, until
from tests.worker.fakes import until_ended, working

PRINT_PID = "echo $$; exec sleep 60"


@pytest.fixture
def engine(executor):
    return Engine(backend=MemoryBackend(), executors=[executor])


async def lines_of(engine, job_id):
    return [record.message for record in await engine.log_sink.get(job_id)]


async def pid_of(engine, job_id):
    async with asyncio.timeout(5):
        while not (lines := await lines_of(engine, job_id)):
            await asyncio.sleep(0.01)
    return int(lines[0])


async def test_a_job_succeeds(engine, payload):
    job_id = await engine.enqueue(kind="ssh", payload=payload("echo hello"))
    async with working(engine):
        record = await until_ended(engine, job_id)
    assert record["status"] == "success"
    assert record["result"]["output"] == "hello\n"
    assert await lines_of(engine, job_id) == ["hello"]


async def test_a_job_whose_time_is_over_ends_the_remote_command(engine, payload):
    job_id = await engine.enqueue(kind="ssh", payload=payload(PRINT_PID), timeout_s=0.5)
    async with working(engine):
        pid = await pid_of(engine, job_id)
        record = await until_ended(engine, job_id)
        await until(lambda: not is_alive(pid))
    assert record["status"] == "timeout"


async def test_a_cancelled_job_ends_the_remote_command(engine, payload):
    job_id = await engine.enqueue(kind="ssh", payload=payload(PRINT_PID))
    async with working(engine):
        pid = await pid_of(engine, job_id)
        await engine.cancel(job_id)
        record = await until_ended(engine, job_id)
        await until(lambda: not is_alive(pid))
    assert record["status"] == "cancelled"


async def test_a_worker_that_stops_ends_the_remote_command(engine, payload):
    job_id = await engine.enqueue(kind="ssh", payload=payload(PRINT_PID))
    async with working(engine):
        pid = await pid_of(engine, job_id)
    assert not is_alive(pid)
    assert (await engine.get(job_id))["status"] == "queued"


async def test_a_connection_that_is_refused_is_tried_again(engine, payload, server):
    await server.stop()
    job_id = await engine.enqueue(
        kind="ssh",
        payload=payload("echo hello"),
        retry_policy="fixed:0.05",
        max_attempts=9,
    )
    async with working(engine):
        async with asyncio.timeout(5):
            while (await engine.get(job_id))["attempts"] < 2:
                await asyncio.sleep(0.01)
        await server.start()
        record = await until_ended(engine, job_id)
    assert record["status"] == "success"


async def test_a_refused_login_is_not_tried_again(engine, payload, keys, tmp_path):
    keys["stranger"].write_private_key(tmp_path / "stranger")
    wrong = payload("true", key_path=str(tmp_path / "stranger"))
    job_id = await engine.enqueue(kind="ssh", payload=wrong)
    async with working(engine):
        record = await until_ended(engine, job_id)
    assert (record["status"], record["attempts"]) == ("failed", 1)
    assert "refused the login" in record["result"]["reason"]


async def test_secrets_reach_neither_failures_nor_logs(
    make_executor, payload, server, caplog, keys, tmp_path
):
    caplog.set_level("INFO")
    server.passwords["deploy"] = "another"
    path = tmp_path / "locked"
    keys["user"].write_private_key(path, "pkcs8-pem", passphrase="hush")
    executor = make_executor(
        credentials={
            "pass": {"username": "deploy", "password": "s3cret"},
            "locked": {
                "username": "deploy",
                "key_path": str(path),
                "passphrase": "s3cret",
            },
            "good": {"username": "deploy", "key_path": str(path), "passphrase": "hush"},
        }
    )
    engine = Engine(backend=MemoryBackend(), executors=[executor])
    login = {"host": "127.0.0.1", "port": server.port}
    more = {"env": {"TOKEN": "t0ken"}, "stdin": "st4in", "supervise": True}
    ids = [
        await engine.enqueue(
            kind="ssh",
            payload={**login, "credential": name, "cmd": "exit 3", **more},
            max_attempts=1,
        )
        for name in ("pass", "locked", "good")
    ]
    async with working(engine):
        records = [await until_ended(engine, job_id) for job_id in ids]
    assert [record["status"] for record in records] == ["failed"] * 3
    logs = [await lines_of(engine, job_id) for job_id in ids]
    told = f"{[record['result'] for record in records]}{logs}{caplog.text}"
    told += "".join(str(vars(record)) for record in caplog.records)
    for secret in ("s3cret", "hush", "t0ken", "st4in"):
        assert secret not in told


class ArticlesExecutor(Executor):
    """As the article has it; only the port and the host's key are ours."""

    kind = "ssh"

    def __init__(self, port, known_hosts):
        self.port = port
        self.known_hosts = known_hosts

    async def run(self, *, job_id, payload, ctx: ExecContext):
        host = payload["host"]
        cmd = payload["cmd"]
        username = payload.get("username", "user")
        key_path = payload.get("key_path")

        await ctx.log(f"Подключение к {host} для задачи {job_id}")
        async with ssh_connect(
            host,
            username=username,
            client_keys=[key_path],
            port=self.port,
            known_hosts=self.known_hosts,
        ) as conn:
            result = await conn.run(cmd)
            if result.exit_status != 0:
                raise RuntimeError(f"Ошибка SSH: {result.stderr}")
            return {"output": result.stdout}


async def test_the_article_s_own_executor_runs_in_our_worker(
    server, key_path, known_hosts
):
    executor = ArticlesExecutor(server.port, str(known_hosts))
    engine = Engine(backend=MemoryBackend(), executors=[executor])
    worker = Worker(engine, max_concurrency=2, poll_interval=0.02)
    login = {"host": "127.0.0.1", "username": "deploy", "key_path": key_path}
    good = await engine.enqueue(kind="ssh", payload={**login, "cmd": "echo hello"})
    bad = await engine.enqueue(
        kind="ssh", payload={**login, "cmd": "echo oops >&2; exit 1"}, max_attempts=1
    )
    async with working(worker):
        ended = [await until_ended(engine, job_id) for job_id in (good, bad)]
    assert ended[0]["result"] == {"output": "hello\n"}
    assert ended[1]["result"]["message"] == "Ошибка SSH: oops\n"
    assert (await lines_of(engine, good))[
        0
    ] == f"Подключение к 127.0.0.1 для задачи {good}"


async def test_the_article_s_payload_runs_in_ours(engine, payload):
    article = payload("echo hello")
    assert set(article) == {"host", "port", "username", "key_path", "cmd"}
    job_id = await engine.enqueue(kind="ssh", payload=article)
    async with working(engine):
        record = await until_ended(engine, job_id)
    assert record["result"]["output"] == "hello\n"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("import pyjobkit_django.executors", ""),
        (
            "from pyjobkit_django.executors import SSHExecutor",
            "SSHExecutor needs asyncssh: pip install 'pyjobkit-django[ssh]'",
        ),
        (
            "from pyjobkit_django.executors import Nothing",
            "cannot import name 'Nothing'",
        ),
    ],
)
def test_without_asyncssh_only_the_ssh_executor_is_missing(statement, told):
    script = f"import sys; sys.modules['asyncssh'] = None; {statement}"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert told in ended.stderr
    assert bool(ended.returncode) == bool(told)
