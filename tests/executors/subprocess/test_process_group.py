from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from pyjobkit_django.executors.subprocess import process_group, process_table
from pyjobkit_django.executors.subprocess.process_group import ProcessGroup

#: Forks a child that dies before anybody looks after it, then waits.
WITH_A_ZOMBIE = (
    "import os, time; os.fork() or os._exit(0); print(flush=True); time.sleep(20)"
)


class Ended:
    """A leader that was waited for."""

    returncode = 0

    def __init__(self, pid):
        self.pid = pid


@pytest.fixture
def zombie():
    """The id of a group all of whose members are dead, but unburied."""
    process = subprocess.Popen(["true"], start_new_session=True)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    yield process.pid
    process.wait()


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "20"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_the_dead_do_not_live(zombie, sleeper):
    os.killpg(zombie, 0)

    assert not process_table.has_living_member(zombie)
    assert process_table.has_living_member(sleeper.pid)


def test_without_a_process_table_all_pass_for_living(zombie, monkeypatch, tmp_path):
    monkeypatch.setattr(process_table, "PROC", tmp_path)

    assert process_table.has_living_member(zombie)


def test_a_process_that_vanishes_meanwhile_does_not_live(monkeypatch, tmp_path):
    (tmp_path / "1234").mkdir()
    (tmp_path / "1x").mkdir()
    monkeypatch.setattr(process_table, "PROC", tmp_path)

    assert not process_table.has_living_member(1234)


def test_a_name_with_brackets_is_read_right(monkeypatch, tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_bytes(b"7 (a) Z 1 9 (\xff) S 1 42 42 0 -1\n")
    monkeypatch.setattr(process_table, "PROC", tmp_path)

    assert process_table.has_living_member(42)
    assert not process_table.has_living_member(9)


async def test_the_dead_that_nobody_buries_are_not_waited_for(zombie, monkeypatch):
    monkeypatch.setattr(ProcessGroup, "_bury_adopted", lambda group: None)
    async with asyncio.timeout(5):
        group = ProcessGroup(Ended(zombie))
        assert not group.is_empty
        assert await group.ended(10)
        await group.end(10)


async def test_orphans_that_came_to_us_are_buried(zombie):
    group = ProcessGroup(Ended(zombie))

    assert group.is_empty
    with pytest.raises(ProcessLookupError):
        os.kill(zombie, 0)


async def test_a_group_that_ended_is_never_sent_a_signal_again(monkeypatch):
    sent = []

    def send(group_id, number):
        sent.append(number)
        raise ProcessLookupError

    monkeypatch.setattr(os, "killpg", send)
    group = ProcessGroup(Ended(2**22 - 1))
    assert group.is_empty
    await group.end(1)
    await group.end(1)

    assert sent == [0]


async def test_what_we_may_not_end_is_left_behind_and_logged(monkeypatch, caplog):
    sent = []

    def send(group_id, number):
        sent.append(number)
        raise PermissionError

    monkeypatch.setattr(os, "killpg", send)
    monkeypatch.setattr(process_group, "has_living_member", lambda group_id: True)
    monkeypatch.setattr(process_group, "KILL_S", 0.05)
    async with asyncio.timeout(5):
        await ProcessGroup(Ended(2**22 - 1)).end(0.05)

    assert [number for number in sent if number] == [signal.SIGTERM, signal.SIGKILL]
    assert [record.event for record in caplog.records] == ["subprocess.left_behind"]


async def test_a_leader_that_has_not_been_waited_for_keeps_its_exit_code():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WITH_A_ZOMBIE, stdout=-1, start_new_session=True
    )
    await process.stdout.readline()
    group = ProcessGroup(process)
    assert not group.is_empty
    assert not await group.ended(0.02)
    await group.end(5)

    assert await process.wait() == -signal.SIGTERM
    process._transport.close()
