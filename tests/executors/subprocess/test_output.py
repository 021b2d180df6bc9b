"""What a command writes becomes the job's log."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from pyjobkit_django.executors.subprocess.pipes import LARGEST_PIPE_BYTES
from tests.executors.subprocess.stage import Notes, all_closed, open_files, run


async def test_100_000_lines_arrive_complete_and_in_order():
    async with asyncio.timeout(10):
        _, notes = await run(["seq", "100000"])

    assert notes.stdout == [str(number) for number in range(1, 100_001)]


async def test_a_line_of_5_mb_arrives_whole():
    """Trap 7."""
    program = "print('start' + 'x' * 5_000_000 + 'end'); print('next')"
    _, notes = await run([sys.executable, "-c", program])

    assert [len(line) for line in notes.stdout] == [5_000_008, 4]
    assert notes.stdout[0].startswith("startx")
    assert notes.stdout[0].endswith("xend")


async def test_the_output_of_quick_commands_is_never_lost():
    """Trap 16."""
    async with asyncio.TaskGroup() as tasks:
        runs = [
            tasks.create_task(run(f"echo out {n}; echo err {n} >&2")) for n in range(50)
        ]

    for number, task in enumerate(runs):
        notes = task.result()[1]
        assert notes.stdout == [f"out {number}"]
        assert notes.stderr == [f"err {number}"]


async def test_both_streams_are_complete_and_each_is_in_order():
    program = """
import sys
for number in range(5_000):
    print("out", number, flush=number % 7 == 0)
    print("err", number, file=sys.stderr)
"""
    _, notes = await run([sys.executable, "-c", program])

    assert notes.stdout == [f"out {number}" for number in range(5_000)]
    assert notes.stderr == [f"err {number}" for number in range(5_000)]


async def test_lines_arrive_while_the_command_runs(tmp_path):
    """The command ends only because its first line was logged before."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    class Answering(Notes):
        async def log(self, message, /, *, stream="stdout"):
            await super().log(message, stream=stream)
            if message == "waiting":
                await asyncio.to_thread(fifo.write_text, "seen")

    async with asyncio.timeout(10):
        _, notes = await run(f"echo waiting; cat {fifo}", ctx=Answering())

    assert notes.stdout == ["waiting", "seen"]


async def test_a_last_line_without_an_end_is_kept():
    _, notes = await run("printf 'one\\n\\ntwo'; printf 'three' >&2")

    assert notes.stdout == ["one", "", "two"]
    assert notes.stderr == ["three"]


async def test_what_is_not_utf_8_is_replaced():
    junk = (
        "import os; os.write(1, bytes(range(256)) + b'\\n' + 'ä'.encode() + b'\\xff')"
    )
    _, notes = await run([sys.executable, "-c", junk])

    assert len("".join(notes.stdout)) > 200
    assert notes.stdout[-1] == "ä\ufffd"


async def test_progress_lines_set_the_progress_and_are_not_logged():
    _, notes = await run(
        "echo begin; echo '::progress 0.4 almost half'; echo ::progress 1;"
        "echo ::progress soon; echo '::progress 0.5' >&2"
    )

    assert notes.progress == [(0.4, {"text": "almost half"}), (1.0, {})]
    assert notes.stdout == ["begin", "::progress soon"]
    assert notes.stderr == ["::progress 0.5"]


async def test_a_slow_log_slows_the_command_down_and_loses_nothing():
    class Slow(Notes):
        async def log(self, message, /, *, stream="stdout"):
            await super().log(message, stream=stream)
            if len(self.lines) % 500 == 0:
                await asyncio.sleep(0.005)

    result, notes = await run(["seq", "40000"], ctx=Slow())

    assert notes.stdout == [str(number) for number in range(1, 40_001)]
    assert result["duration_ms"] > 200


@pytest.mark.parametrize("redirect", ["", " 2>&1"])
async def test_a_background_process_that_holds_the_pipe_does_not_hold_the_run(redirect):
    before = open_files()
    async with asyncio.timeout(10):
        result, notes = await run(f"sleep 20 {redirect} & echo done")

    assert result["returncode"] == 0
    assert result["duration_ms"] < 400
    assert notes.stdout == ["done"]
    await all_closed(before)


async def test_a_background_process_may_still_say_something():
    _, notes = await run("(sleep 0.1; echo late) & echo done")

    assert notes.stdout == ["done", "late"]


async def test_a_process_that_left_the_group_does_not_hold_the_run():
    async with asyncio.timeout(10):
        result, notes = await run("setsid sleep 2 & echo done")

    assert result["returncode"] == 0
    assert notes.stdout == ["done"]


async def test_a_process_that_left_the_group_is_not_listened_to_for_ever():
    async with asyncio.timeout(10):
        _, notes = await run("setsid timeout 2 yes $(seq -s ' ' 300) & sleep 0.1")

    last = len("".join(notes.stdout[-2_000:]))
    assert last < LARGEST_PIPE_BYTES + 2_000_000
