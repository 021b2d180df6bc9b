from __future__ import annotations

import asyncio
import socket

import pytest

from pyjobkit_django.errors import ExecutorError
from pyjobkit_django.executors.ssh import SSHExecutor
from tests.executors.ssh.jobs import Context, started, until
from tests.executors.ssh.relay import Relay
from tests.executors.ssh.server import Server


async def echo(executor, payload, cmd="echo yes"):
    return await executor.run(job_id=None, payload=payload(cmd), ctx=Context())


async def echo_at_once(executor, payload, count, cmd="sleep 0.05"):
    runs = [echo(executor, payload, cmd) for _ in range(count)]
    return await asyncio.gather(*runs, return_exceptions=True)


async def test_jobs_to_one_login_share_a_connection(executor, payload, server):
    await echo_at_once(executor, payload, 5)
    await echo(executor, payload)
    assert server.connections == 1
    assert len(server.commands) == 6


async def test_another_login_gets_its_own_connection(executor, payload, server):
    await echo(executor, payload)
    other = {**payload("true"), "username": "other"}
    await executor.run(job_id=None, payload=other, ctx=Context())
    assert server.connections == 2


async def test_more_jobs_than_fit_open_more_connections_and_then_wait(
    make_executor, payload, server
):
    executor = make_executor(max_sessions=2, max_connections_per_host=2)
    ends = await echo_at_once(executor, payload, 7)
    assert all(end["exit_status"] == 0 for end in ends)
    assert server.connections == 2


async def test_an_idle_connection_closes(make_executor, payload, server):
    executor = make_executor(idle_s=0.05)
    await echo(executor, payload)
    await until(lambda: not server.live)
    await echo(executor, payload)
    assert server.connections == 2


async def test_a_connection_in_use_is_not_idle(make_executor, payload, server):
    executor = make_executor(idle_s=0.05)
    await echo(executor, payload)
    await echo(executor, payload, "sleep 0.2")
    assert server.connections == 1


async def test_after_the_server_restarted_a_new_connection_is_made(
    executor, payload, server
):
    await echo(executor, payload)
    await server.stop()
    await server.start()
    assert (await echo(executor, payload))["output"] == "yes\n"
    assert server.connections == 2


async def test_close_closes_all_connections_and_the_executor_stays_usable(
    executor, payload, server
):
    await echo(executor, payload)
    await executor.close()
    await until(lambda: not server.live)
    await executor.close()
    assert (await echo(executor, payload))["output"] == "yes\n"


async def test_close_cuts_the_commands_that_still_run(executor, payload):
    ctx = Context()

    async def run():
        given = payload("echo $$; exec sleep 60")
        return await executor.run(job_id=None, payload=given, ctx=ctx)

    async with started(ctx, run) as (task, _):
        await executor.close()
        with pytest.raises(ExecutorError, match="was lost while the command ran"):
            await task


async def test_connections_that_do_not_say_goodbye_are_cut(
    executor, payload, monkeypatch
):
    monkeypatch.setattr("pyjobkit_django.executors.ssh.pool._GOODBYE_S", 0)
    await echo(executor, payload)
    await executor.close()


def test_each_event_loop_has_its_own_connections(keys, key_path):
    executor = SSHExecutor(verify_host=False)

    async def once():
        server = Server(keys["host"], [keys["user"].convert_to_public()])
        await server.start()
        login = {"host": "127.0.0.1", "port": server.port, "key_path": key_path}
        payload = {**login, "username": "deploy", "cmd": "echo yes"}
        result = await executor.run(job_id=None, payload=payload, ctx=Context())
        await executor.close()
        await server.clean_up()
        return result["output"]

    assert [asyncio.run(once()), asyncio.run(once())] == ["yes\n", "yes\n"]


def test_connections_of_a_loop_that_has_ended_are_forgotten():
    pools = SSHExecutor()._pools

    async def look():
        assert pools.current() is pools.current()

    asyncio.run(look())
    asyncio.run(look())
    assert len(pools._kept._kept) == 1


async def test_a_refused_connection_fails_the_attempt(executor, payload, server):
    await server.stop()
    with pytest.raises(ExecutorError, match=r"^cannot reach deploy@127.0.0.1:\d+: "):
        await echo(executor, payload)
    assert not executor._pools.current()._lanes


async def test_a_name_that_no_host_has_fails_the_attempt(executor, payload):
    nowhere = {**payload("true"), "host": "no-such-host.invalid"}
    with pytest.raises(
        ExecutorError, match=r"cannot reach deploy@no-such-host.invalid"
    ):
        await executor.run(job_id=None, payload=nowhere, ctx=Context())


async def test_a_host_that_does_not_answer_fails_the_attempts_of_all_who_wait_at_once(
    make_executor, payload
):
    executor = make_executor(connect_timeout_s=0.3)
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        before = loop.time()
        ends = await echo_at_once(
            executor, lambda cmd: payload(cmd) | {"port": port}, 5
        )
        took = loop.time() - before
    assert {str(end) for end in ends} == {
        f"deploy@127.0.0.1:{port} did not answer within 0.3 s"
    }
    assert all(isinstance(end, ExecutorError) for end in ends)
    assert took < 0.9


async def test_a_server_that_speaks_no_ssh_fails_the_attempt(executor, payload):
    async def mumble(reader, writer):
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(mumble, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        with pytest.raises(ExecutorError, match=r"cannot log in on deploy@127.0.0.1"):
            await echo(executor, lambda cmd: payload(cmd) | {"port": port})


async def test_one_who_gives_up_connecting_leaves_the_others_their_turn(
    make_executor, payload, server
):
    executor = make_executor(connect_timeout_s=5)
    first = asyncio.ensure_future(echo(executor, payload))
    second = asyncio.ensure_future(echo(executor, payload))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["output"] == "yes\n"
    assert first.cancelled()


async def test_a_server_that_dies_mid_command_fails_the_attempt(
    executor, payload, server
):
    ctx = Context()

    async def run():
        cmd = "echo $$; echo oops >&2; exec sleep 60"
        return await executor.run(job_id=None, payload=payload(cmd), ctx=ctx)

    async with started(ctx, run) as (task, _):
        await until(lambda: ctx.texts("stderr"))
        await server.stop()
        with pytest.raises(
            ExecutorError, match="was lost while the command ran"
        ) as lost:
            await task
    assert lost.value.details == {"stderr": "oops"}


async def test_a_silent_death_is_noticed_by_missing_signs_of_life(
    make_executor, payload, server
):
    executor = make_executor(keepalive_s=0.05, verify_host=False)
    ctx = Context()
    async with Relay(server.port).running() as relay:

        async def run():
            given = payload("echo $$; exec sleep 60", port=relay.port)
            return await executor.run(job_id=None, payload=given, ctx=ctx)

        async with started(ctx, run) as (task, _):
            relay.is_silent = True
            with pytest.raises(ExecutorError, match="was lost while the command ran"):
                await task


async def test_a_silent_connection_fails_one_attempt_and_is_not_used_again(
    make_executor, payload, server
):
    # Logging in twice must fit into it, on a machine that is busy.
    executor = make_executor(connect_timeout_s=2, verify_host=False)
    async with Relay(server.port).running() as relay:
        given = {**payload("echo yes"), "port": relay.port}
        await echo(executor, lambda cmd: given)
        relay.is_silent = True
        with pytest.raises(
            ExecutorError, match=r"did not start the command within 2 s"
        ):
            await echo(executor, lambda cmd: given)
        relay.is_silent = False
        assert (await echo(executor, lambda cmd: given))["output"] == "yes\n"
    assert server.connections == 2


async def test_a_connection_whose_channels_do_not_open_is_not_used_again(
    make_executor, payload, server
):
    executor = make_executor()
    await echo(executor, payload)
    server.refuses_commands = True
    with pytest.raises(ExecutorError, match="did not start the command"):
        await echo(executor, payload)
    server.refuses_commands = False
    await echo(executor, payload)
    assert server.connections == 2
    await until(lambda: len(server.live) == 1)
