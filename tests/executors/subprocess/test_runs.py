"""How a command is started, and what its end means."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from contextlib import suppress

import pytest

from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors import SubprocessExecutor as FromThePackage
from pyjobkit_django.executors.subprocess import SubprocessExecutor
from pyjobkit_django.executors.subprocess.supervision import Ending
from tests.executors.subprocess.stage import Notes, all_closed, open_files, run


async def test_a_command_returns_its_exit_code_and_how_long_it_took():
    result, notes = await run(["echo", "Hello, $HOME"])

    assert result.keys() == {"returncode", "duration_ms"}
    assert result["returncode"] == 0
    assert 0 < result["duration_ms"] < 5000
    assert notes.lines == [("stdout", "Hello, $HOME")]


async def test_a_string_goes_to_the_shell_and_a_list_does_not():
    _, from_string = await run("echo one; echo two | tr t T")
    _, from_list = await run(["echo", "one; echo two | tr t T"])

    assert from_string.stdout == ["one", "Two"]
    assert from_list.stdout == ["one; echo two | tr t T"]


async def test_the_shell_is_an_option():
    _, notes = await run("echo ${BASH_VERSION:+bash}", options={"shell": "/bin/bash"})

    assert notes.stdout == ["bash"]


@pytest.mark.parametrize("code", [1, 3, 127, 255])
async def test_an_exit_code_other_than_0_is_a_failed_attempt(code):
    with pytest.raises(ExecutorError) as raised:
        await run(f"echo fine; echo first >&2; echo no luck >&2; exit {code}")

    assert str(raised.value) == f"shell command ended with exit code {code}: no luck"
    assert raised.value.details == {
        "returncode": code,
        "signal": None,
        "stderr": "first\nno luck",
    }


async def test_a_failure_names_the_command_but_not_its_arguments():
    with pytest.raises(ExecutorError) as raised:
        await run(["ls", "/nowhere/secret"], env={"LC_ALL": "C"})
    with pytest.raises(ExecutorError) as silent:
        await run(["false", "secret"])

    assert str(raised.value).startswith("'ls' ended with exit code 2: ls: ")
    assert str(silent.value) == "'false' ended with exit code 1"


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV", "SIGUSR1"])
async def test_a_signal_that_ended_the_command_is_named(name):
    number = int(getattr(signal, name))
    with pytest.raises(ExecutorError, match=f"ended with signal {name}") as raised:
        await run(f"kill -{number} $$; sleep 5")

    assert raised.value.details["signal"] == name
    assert raised.value.details["returncode"] == -number


async def test_without_check_any_end_is_a_success():
    left, _ = await run("exit 3", check=False)
    killed, _ = await run("kill -9 $$", check=False)

    assert left["returncode"] == 3
    assert "signal" not in left
    assert (killed["returncode"], killed["signal"]) == (-9, "SIGKILL")


def test_a_signal_without_a_name_is_shown_as_its_number():
    assert Ending(returncode=-40, duration_ms=1.0).signal == "40"


async def test_a_failure_keeps_the_last_lines_of_stderr():
    with pytest.raises(ExecutorError) as raised:
        await run("seq 1000 >&2; exit 1")

    assert raised.value.details["stderr"].split() == [str(n) for n in range(981, 1001)]


async def test_a_failure_keeps_no_more_of_stderr_than_can_be_stored():
    program = "import sys; sys.stderr.write('x' * 100_000 + '\\0end'); sys.exit(1)"
    with pytest.raises(ExecutorError) as raised:
        await run([sys.executable, "-c", program])

    kept = raised.value.details["stderr"]
    assert len(kept) == 4_000
    assert kept.endswith("x\ufffdend")
    assert len(str(raised.value)) < 400


async def test_how_much_of_stderr_is_kept_is_an_option():
    for lines, kept in ((0, ""), (2, "99\n100")):
        with pytest.raises(ExecutorError) as raised:
            await run("seq 100 >&2; exit 1", options={"max_stderr_tail": lines})

        assert raised.value.details["stderr"] == kept


async def test_the_worker_s_secrets_are_not_visible(monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    monkeypatch.setenv("LC_TIME", "C")
    _, notes = await run(["env"], env={"MONTH": "2026-11"})

    seen = dict(line.split("=", 1) for line in notes.stdout)
    assert seen["MONTH"] == "2026-11"
    assert seen["PATH"] == os.environ["PATH"]
    assert seen["LC_TIME"] == "C"
    assert "secret" not in str(notes.lines)
    assert seen.keys() <= {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TMPDIR"),
        *("TZ", "MONTH", *(name for name in seen if name.startswith("LC_"))),
    }


async def test_there_is_always_a_path(monkeypatch):
    monkeypatch.delenv("PATH")
    _, notes = await run(["env"])

    assert f"PATH={os.defpath}" in notes.stdout


async def test_the_environment_is_an_option():
    _, notes = await run(
        ["/usr/bin/env"], env={"MORE": "2"}, options={"env": {"ONLY": "1"}}
    )

    assert notes.stdout == ["ONLY=1", "MORE=2"]


async def test_cwd_is_where_the_command_runs(tmp_path):
    _, notes = await run(["pwd"], cwd=str(tmp_path))

    assert notes.stdout == [str(tmp_path)]


async def test_stdin_is_read_whole():
    text = "Grüße\n" * 20_000
    result, notes = await run(["cat"], stdin=text)

    assert result["returncode"] == 0
    assert notes.stdout == ["Grüße"] * 20_000


async def test_stdin_need_not_be_read():
    result, _ = await run(["true"], stdin="x" * 1_000_000)
    closed, _ = await run("exec 0<&-; sleep 0.05", stdin="x" * 1_000_000)

    assert (result["returncode"], closed["returncode"]) == (0, 0)


async def test_without_stdin_there_is_nothing_to_read():
    _, notes = await run("cat; echo end")
    _, empty = await run("cat; echo end", stdin="")

    assert notes.stdout == empty.stdout == ["end"]


async def test_a_command_has_no_terminal_and_leads_its_own_group():
    program = "import os; print(os.getpgrp() == os.getpid() == os.getsid(0))"
    _, notes = await run([sys.executable, "-c", program])

    assert notes.stdout == ["True"]


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"cmd": ["no-such"]}, "cannot start 'no-such': No such file or directory"),
        ({"cmd": ["/etc/passwd"]}, "cannot start '/etc/passwd': Permission denied"),
        ({"cmd": ["/etc"]}, "cannot start '/etc': Permission denied"),
        ({"cmd": ["/etc/passwd/x"]}, "cannot start '/etc/passwd/x': Not a directory"),
        (
            {"cmd": ["pwd"], "cwd": "/no/such"},
            "cannot start 'pwd' in cwd '/no/such': No such file or directory",
        ),
        (
            {"cmd": ["pwd"], "cwd": "/etc/passwd"},
            "cannot start 'pwd' in cwd '/etc/passwd': Not a directory",
        ),
        (
            {"cmd": ["echo", "x" * 1_000_000]},
            "cannot start 'echo': Argument list too long",
        ),
    ],
)
async def test_a_command_that_can_never_start_fails_the_job(payload, told):
    with pytest.raises(DiscardJob) as raised:
        await run(**payload)

    assert raised.value.reason == told


async def test_a_file_without_an_interpreter_fails_the_job(tmp_path):
    script = tmp_path / "script"
    script.write_bytes(b"\x00\x01")
    script.chmod(0o755)
    with pytest.raises(DiscardJob, match="Exec format error"):
        await run([str(script)])


async def test_a_system_out_of_processes_fails_the_attempt_only(monkeypatch):
    async def refuse(*argv, **options):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
    with pytest.raises(BlockingIOError):
        await run(["true"])


async def test_nothing_stays_open_whatever_the_end():
    await run(["true"])
    before = open_files()
    for payload in ({"cmd": ["cat"], "stdin": "x"}, {"cmd": "exit 3"}, {"cmd": ["no"]}):
        with suppress(DiscardJob, ExecutorError):
            await run(**payload)

    await all_closed(before)


async def test_what_logging_raises_ends_the_command_and_is_raised():
    class Broken(Notes):
        async def log(self, message, /, *, stream="stdout"):
            raise ZeroDivisionError(message)

    async with asyncio.timeout(5):
        with pytest.raises(ZeroDivisionError, match="hello"):
            await run("echo hello; sleep 20", ctx=Broken(), options={"grace_s": 1})


async def test_many_run_at_once():
    async with asyncio.TaskGroup() as tasks:
        runs = [tasks.create_task(run(f"echo {n}; sleep 0.1")) for n in range(20)]

    assert [run.result()[1].stdout for run in runs] == [[str(n)] for n in range(20)]


def test_the_package_offers_it():
    assert FromThePackage is SubprocessExecutor
    assert SubprocessExecutor.kind == "subprocess"
