"""What becomes of the remote command when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.executors.ssh.jobs import Context, is_alive, kill, started, until
from tests.executors.ssh.relay import Relay

STUBBORN = "trap '' TERM; echo $$; while true; do sleep 0.05; done"


@pytest.fixture
def start(executor, payload):
    """Return a function that has a command run; see ``started``."""

    def start(ctx, cmd, **more):
        given = payload(cmd, **more)
        return started(ctx, lambda: executor.run(job_id=None, payload=given, ctx=ctx))

    return start


async def cancel(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("supervise", [False, True])
async def test_cancelling_ends_the_remote_command(start, ctx, supervise):
    async with start(ctx, "echo $$; exec sleep 60", supervise=supervise) as (task, pid):
        assert is_alive(pid)
        await cancel(task)
        await until(lambda: not is_alive(pid))


@pytest.mark.parametrize("supervise", [False, True])
async def test_a_command_that_ignores_sigterm_is_killed_after_the_grace(
    start, ctx, supervise
):
    async with start(ctx, STUBBORN, supervise=supervise) as (task, pid):
        await cancel(task)
        await until(lambda: not is_alive(pid))


async def test_a_command_may_use_its_grace_and_is_heard_out(start, ctx):
    cmd = "trap 'echo tidied; exit' TERM; echo $$; while true; do sleep 0.05; done"
    async with start(ctx, cmd) as (task, _):
        await cancel(task)
    assert ctx.texts()[1:] == ["tidied"]


@pytest.mark.parametrize("stdin", [None, "text"])
async def test_a_supervised_command_ends_on_a_server_that_ignores_signals(
    start, ctx, server, stdin
):
    server.honours_signals = False
    cmd = "echo $$; sleep 60 & echo $!; wait"
    async with start(ctx, cmd, supervise=True, stdin=stdin) as (task, pid):
        await until(lambda: len(ctx.texts()) == 2)
        child = int(ctx.texts()[1])
        await cancel(task)
        await until(lambda: not is_alive(pid) and not is_alive(child))


async def test_a_stubborn_supervised_command_ends_on_such_a_server_too(
    start, ctx, server
):
    server.honours_signals = False
    async with start(ctx, STUBBORN, supervise=True) as (task, pid):
        await cancel(task)
        await until(lambda: not is_alive(pid))


async def test_a_supervised_command_ends_with_its_connection(start, ctx, server):
    async with start(ctx, STUBBORN, supervise=True) as (_, pid):
        for connection in list(server.live):
            connection.abort()
        await until(lambda: not is_alive(pid))


async def test_what_a_supervised_command_leaves_running_on_purpose_goes_on(run, ctx):
    await run("sleep 60 >/dev/null 2>&1 & echo $!", supervise=True)
    left = int(ctx.texts()[0])
    await asyncio.sleep(0.1)
    assert is_alive(left)
    kill(left)


async def test_where_a_server_ignores_signals_an_unsupervised_end_is_not_sure(
    start, ctx, server, caplog
):
    server.honours_signals = False
    async with start(ctx, "echo $$; exec sleep 60") as (task, pid):
        await cancel(task)
        assert is_alive(pid)
        kill(pid)
    [record] = [record for record in caplog.records if hasattr(record, "event")]
    assert (record.event, record.levelno) == ("ssh.left_behind", logging.WARNING)


async def test_cancelled_twice_it_waits_no_longer(start, ctx, server):
    async with start(ctx, STUBBORN) as (task, pid):
        task.cancel()
        await asyncio.sleep(0.05)
        await cancel(task)
        await until(lambda: not is_alive(pid))


async def test_cancelled_while_it_starts_its_connection_is_not_used_again(
    make_executor, payload, server, ctx
):
    executor = make_executor(verify_host=False)
    async with Relay(server.port).running() as relay:

        async def run():
            given = payload("true", port=relay.port)
            return await executor.run(job_id=None, payload=given, ctx=ctx)

        await run()
        relay.is_silent = True
        stuck = asyncio.ensure_future(run())
        await asyncio.sleep(0.05)
        await cancel(stuck)
        relay.is_silent = False
        await run()
    assert server.connections == 2


async def test_a_log_that_fails_ends_the_command_and_is_told_as_it_is(
    executor, payload, server
):
    class Broken(Context):
        async def log(self, message, /, *, stream="stdout"):
            self.pid = int(message)
            raise OSError("the database is gone")

    ctx = Broken()
    given = payload("echo $$; exec sleep 60")
    with pytest.raises(OSError, match="the database is gone"):
        await executor.run(job_id=None, payload=given, ctx=ctx)
    await until(lambda: not is_alive(ctx.pid))
    assert server.connections == 1
