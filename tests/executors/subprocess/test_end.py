"""All that a command started ends with it."""

from __future__ import annotations

import asyncio
import time

import pytest

from pyjobkit_django.executors.subprocess import SubprocessExecutor
from tests.executors.subprocess.stage import (
    FAMILY,
    Notes,
    all_closed,
    is_alive,
    members,
    open_files,
    run,
    running,
    seconds_until_gone,
)


async def cancelled(task):
    """Wait for a task's end, which must be that it was cancelled."""
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await task


async def gone_after(grace_s):
    """Return how long after the grace period a cancelled family was gone."""
    async with running(FAMILY, grace_s=grace_s) as (task, notes):
        group = int(notes.stdout[0])
        assert len(await asyncio.to_thread(members, group)) >= 4
        began = time.monotonic()
        task.cancel()
        gone = await asyncio.to_thread(seconds_until_gone, group, began)
        await cancelled(task)
    return gone - grace_s


async def test_a_shell_with_three_grandchildren_is_gone_soon_after_the_grace_period():
    """Trap 16."""
    late = [await gone_after(0.2) for _ in range(3)]

    assert min(late) > -0.05
    assert min(late) < 0.1
    assert max(late) < 2


async def test_who_heeds_sigterm_is_not_waited_for():
    began = time.monotonic()
    script = "echo $$; sleep 20 & sleep 20 & echo ready; wait"
    async with running(script, grace_s=8) as (task, notes):
        task.cancel()
        await cancelled(task)

    assert time.monotonic() - began < 4
    assert members(int(notes.stdout[0])) == []


async def test_a_command_may_say_goodbye_and_its_last_words_are_logged():
    script = "trap 'sleep 0.1; echo bye; exit' TERM; echo ready; while :; do sleep 0.05; done"
    async with running(script, grace_s=5) as (task, notes):
        task.cancel()
        await cancelled(task)

    assert notes.stdout == ["ready", "bye"]


async def test_being_cancelled_again_while_it_cleans_up_changes_nothing():
    began = time.monotonic()
    async with running(FAMILY, grace_s=0.3) as (task, notes):
        group = int(notes.stdout[0])
        while not task.done():
            task.cancel()
            await asyncio.sleep(0.02)
        await cancelled(task)

    assert members(group) == []
    assert 0.3 < time.monotonic() - began < 3


async def test_being_cancelled_while_it_starts_leaves_nothing_behind(tmp_path):
    async def cancel_at_every_turn(name):
        for turns in range(6):
            payload = {"cmd": f"echo $$ > {tmp_path}/{name}{turns}; sleep 20"}
            run = SubprocessExecutor().run(job_id=None, payload=payload, ctx=Notes())
            task = asyncio.create_task(run)
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await cancelled(task)

    # Python itself may open a file or two for good, in the first round.
    await cancel_at_every_turn("first")
    before = open_files()
    await cancel_at_every_turn("second")

    groups = [int(file.read_text()) for file in tmp_path.iterdir() if file.read_text()]
    assert [pid for group in groups for pid in members(group)] == []
    await all_closed(before)


async def test_the_end_of_the_loop_ends_the_command():
    began = time.monotonic()
    async with running(FAMILY, grace_s=0.2) as (task, notes):
        for other in asyncio.all_tasks() - {asyncio.current_task()}:
            other.cancel()
        await cancelled(task)

    assert members(int(notes.stdout[0])) == []
    assert time.monotonic() - began < 3


async def test_a_log_that_hangs_does_not_hold_the_end_up():
    class Hanging(Notes):
        async def log(self, message, /, *, stream="stdout"):
            await super().log(message, stream=stream)
            if message == "ready":
                await asyncio.Event().wait()

    began = time.monotonic()
    async with running(FAMILY + "seq 1000", grace_s=0.2, ctx=Hanging()) as (
        task,
        notes,
    ):
        task.cancel()
        await cancelled(task)

    assert members(int(notes.stdout[0])) == []
    assert time.monotonic() - began < 3


async def test_a_log_that_hangs_after_the_command_ended_can_be_stopped():
    class Hanging(Notes):
        async def log(self, message, /, *, stream="stdout"):
            await super().log(message, stream=stream)
            await asyncio.Event().wait()

    async with running("echo ready", ctx=Hanging()) as (task, _):
        await asyncio.sleep(0.1)
        assert not task.done()
        task.cancel()
        await cancelled(task)


async def test_stdin_that_nobody_reads_does_not_hold_the_end_up():
    async with running(FAMILY, stdin="x" * 1_000_000) as (task, notes):
        task.cancel()
        await cancelled(task)

    assert members(int(notes.stdout[0])) == []


async def test_a_group_whose_leader_has_ended_is_ended_too():
    async with asyncio.timeout(10):
        result, notes = await run(
            "echo $$; (trap '' TERM; exec sleep 20) & sleep 20 & echo done",
            options={"grace_s": 0.2},
        )

    assert result["returncode"] == 0
    assert notes.stdout[-1] == "done"
    assert members(int(notes.stdout[0])) == []


async def test_a_background_process_without_our_pipes_is_ended_too():
    _, notes = await run("sleep 20 > /dev/null 2>&1 & echo $!")

    assert not is_alive(int(notes.stdout[0]))


async def test_a_background_process_can_be_waited_for_no_longer_when_stopped():
    async with running("echo $$; sleep 20 & echo ready", grace_s=0.2) as (task, notes):
        await asyncio.sleep(0.1)
        task.cancel()
        await cancelled(task)

    assert members(int(notes.stdout[0])) == []


async def test_a_pause_is_no_way_out():
    script = "echo $$; sleep 20 & kill -STOP $!; echo ready; kill -STOP $$"
    async with running(script, grace_s=0.2) as (task, notes):
        task.cancel()
        await cancelled(task)

    assert members(int(notes.stdout[0])) == []
