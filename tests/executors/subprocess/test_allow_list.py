"""Where a list says what may run, nothing else does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pyjobkit_django.errors import DiscardJob
from tests.executors.subprocess.stage import Notes, make, run

ECHO = shutil.which("echo")


@pytest.fixture
def stray(tmp_path):
    """A program named as an allowed one, which tells that it ran by a file."""
    program = tmp_path / "echo"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    yield program
    assert not (tmp_path / "ran").exists()


async def refusal(cmd, allowed, **payload):
    with pytest.raises(DiscardJob) as raised:
        await run(cmd, options={"allowed_commands": allowed}, **payload)
    return raised.value.reason


async def test_what_is_listed_runs():
    for cmd, allowed in (
        (["echo", "fine"], ["ls", "echo"]),
        ([ECHO, "fine"], [ECHO]),
        ([f"/.{ECHO.replace('/', '//')[1:]}", "fine"], [Path(ECHO)]),
    ):
        _, notes = await run(cmd, options={"allowed_commands": allowed})
        assert notes.stdout == ["fine"]


async def test_a_refusal_says_what_is_allowed():
    told = "'id' is not allowed; allowed are: echo, ls"

    assert await refusal(["id"], ["ls", "echo"]) == told
    assert await refusal(["id"], []) == "'id' is not allowed; allowed are: none"


@pytest.mark.parametrize("cmd", ["echo a; id", "echo", "echo $(id)", "id"])
async def test_a_string_for_the_shell_is_refused(cmd):
    """Trap 27."""
    told = await refusal(cmd, ["echo", "/bin/sh", "sh"])

    assert told.startswith("cmd must be a list here, not a string for the shell")


@pytest.mark.parametrize(
    "command",
    [
        "/bin/../bin/echo",
        "/usr/bin/echo/../id",
        "../bin/echo",
        "./echo",
        "bin/echo",
        "echo/",
        "ECHO",
        " echo",
        "echo ",
        "echo\n",
        "echo;id",
        "-c",
        ".",
        "..",
        "~/echo",
        "$SHELL",
        "ec\u200bho",
        ECHO,
    ],
)
async def test_only_the_listed_spelling_is_allowed(command):
    assert "is not allowed" in await refusal([command, "x"], ["echo"])


@pytest.mark.parametrize("command", ["echo", "/tmp/echo", "//bin/echo", "/bin", "/"])
async def test_a_listed_path_stands_for_itself_alone(command):
    assert "is not allowed" in await refusal([command], ["/bin/echo"])


async def test_the_directory_and_its_files_do_not_matter(stray):
    _, notes = await run(
        ["echo", "fine"],
        cwd=str(stray.parent),
        options={"allowed_commands": ["echo"]},
    )
    assert notes.stdout == ["fine"]
    assert "is not allowed" in await refusal(
        ["./echo"], ["echo"], cwd=str(stray.parent)
    )


async def test_a_name_is_looked_up_once_and_never_in_the_directory(stray, monkeypatch):
    for path in (f"{stray.parent}/empty", "", ".", f"::{ECHO.removesuffix('/echo')}"):
        monkeypatch.chdir(stray.parent)
        monkeypatch.setenv("PATH", path)
        executor = await make(allowed_commands=["echo"])
        monkeypatch.setenv("PATH", str(stray.parent))
        notes = Notes()
        payload = {"cmd": ["echo", "fine"]}
        if path.startswith("::"):
            await executor.run(job_id=None, payload=payload, ctx=notes)
            assert notes.stdout == ["fine"]
        else:
            with pytest.raises(DiscardJob, match="was not in PATH when the worker"):
                await executor.run(job_id=None, payload=payload, ctx=notes)


async def test_a_name_is_looked_up_in_the_executor_s_own_path(stray):
    options = {"allowed_commands": ["echo"], "env": {"PATH": os.defpath}}
    _, notes = await run(["echo", "fine"], options=options)

    assert notes.stdout == ["fine"]


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"),
        *("PYTHONPATH", "PYTHONSTARTUP", "BASH_ENV", "ENV", "IFS", "SHELLOPTS", "PS4"),
        *("BASH_FUNC_echo%%", "PERL5OPT", "RUBYOPT", "NODE_OPTIONS", "HOME"),
        *("GIT_SSH_COMMAND", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "PAGER"),
    ],
)
async def test_env_may_not_say_which_code_runs(name, stray):
    told = await refusal(["echo"], ["echo"], env={name: str(stray.parent)})

    assert told.startswith(f"env may not set {name} here")


async def test_env_may_set_the_rest():
    options = {"allowed_commands": ["env"]}
    _, notes = await run(["env"], env={"MONTH": "11", "path": "x"}, options=options)

    assert {"MONTH=11", "path=x"} <= set(notes.stdout)


async def test_without_a_list_env_may_set_anything(stray, tmp_path):
    await run(["echo"], env={"PATH": f"{tmp_path}:{os.defpath}"})
    (tmp_path / "ran").unlink()


async def test_an_unlisted_symlink_to_a_listed_command_is_refused(tmp_path):
    link = tmp_path / "echo"
    link.symlink_to(ECHO)

    assert "is not allowed" in await refusal([str(link)], [ECHO, "echo"])


async def test_a_listed_symlink_runs_as_what_it_is_called(tmp_path):
    target = tmp_path / "target"
    target.write_text('#!/bin/sh\necho "$0"\n')
    target.chmod(0o755)
    link = tmp_path / "link"
    link.symlink_to(target)
    options = {"allowed_commands": [str(link)]}
    _, notes = await run([str(link)], options=options)

    assert notes.stdout == [str(link)]
    assert "is not allowed" in await refusal([str(target)], [str(link)])


async def test_arguments_are_only_arguments():
    _, notes = await run(
        ["echo", "a; id", "$(id)", "`id`", "&& id", "| id", "\nid", "--", "*"],
        options={"allowed_commands": ["echo"]},
    )

    assert "\n".join(notes.stdout) == "a; id $(id) `id` && id | id \nid -- *"


async def test_an_allowed_command_that_is_gone_fails_the_job(tmp_path):
    told = await refusal([f"{tmp_path}/gone"], [f"{tmp_path}/gone"])

    assert told.startswith("cannot start")
