from __future__ import annotations

import asyncio
import os

import pytest

from pyjobkit_django.executors.subprocess.pipes import (
    CHUNK_BYTES,
    LARGEST_PIPE_BYTES,
    OutputPipe,
    Pipes,
)
from tests.executors.subprocess.stage import all_closed, open_files


@pytest.fixture
def pipe():
    pipe = OutputPipe()
    yield pipe
    pipe.close()


async def test_a_pipe_ends_when_its_far_end_is_closed(pipe):
    os.write(pipe.far_end, b"one")
    assert await pipe.read() == b"one"
    pipe.close_far_end()

    assert await pipe.read() == b""


async def test_a_finished_pipe_ends_with_what_was_written_so_far(pipe):
    os.write(pipe.far_end, b"one")
    pipe.finish()

    assert await pipe.read() == b"one"
    assert await pipe.read() == b""


async def test_who_waits_for_a_pipe_is_woken_when_it_is_finished(pipe):
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(pipe.read())
        await asyncio.sleep(0.01)
        pipe.finish()

    assert reading.result() == b""


async def test_a_finished_pipe_ends_although_somebody_writes_on_and_on(pipe):
    pipe.finish()
    read = 0
    while os.write(pipe.far_end, b"x" * CHUNK_BYTES) and (chunk := await pipe.read()):
        read += len(chunk)

    assert read == LARGEST_PIPE_BYTES


async def test_a_shortage_of_descriptors_leaves_none_open(monkeypatch):
    before = open_files()
    made = [os.pipe(), os.pipe()]

    def scarce():
        if not made:
            raise OSError(24, "Too many open files")
        return made.pop()

    monkeypatch.setattr(os, "pipe", scarce)
    with pytest.raises(OSError, match="Too many open files"):
        Pipes("text")

    await all_closed(before)
