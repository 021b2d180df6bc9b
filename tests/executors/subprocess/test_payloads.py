from __future__ import annotations

import pytest

from pyjobkit_django.errors import ConfigError, DiscardJob
from pyjobkit_django.executors.subprocess import SubprocessExecutor
from pyjobkit_django.executors.subprocess.command import command_of
from tests.executors.subprocess.stage import Notes, make


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({}, "cmd: must be a list of texts, or a text for the shell"),
        ({"cmd": None}, "cmd: must be a list of texts"),
        ({"cmd": 7}, "cmd: must be a list of texts"),
        ({"cmd": {"a": 1}}, "cmd: must be a list of texts"),
        ({"cmd": []}, "cmd: is empty"),
        ({"cmd": [""]}, "cmd: is empty"),
        ({"cmd": "  "}, "cmd: is empty"),
        ({"cmd": ["echo", 7]}, r"cmd\[1\]: must be text, not int"),
        ({"cmd": ["echo", None]}, r"cmd\[1\]: must be text, not NoneType"),
        ({"cmd": ["echo", "a\x00b"]}, r"cmd\[1\]: contains NUL"),
        ({"cmd": "echo \x00"}, "cmd: contains NUL"),
        ({"cmd": ["echo", "\ud800"]}, r"cmd\[1\]: contains NUL or a lone surrogate"),
        ({"cmd": ["pwd"], "cwd": 7}, "cwd: must be text, not int"),
        ({"cmd": ["pwd"], "cwd": ""}, "cwd: is empty; leave it out"),
        ({"cmd": ["pwd"], "cwd": "/\x00"}, "cwd: contains NUL"),
        ({"cmd": ["cat"], "stdin": 7}, "stdin: must be text, not int"),
        ({"cmd": ["cat"], "stdin": ["a"]}, "stdin: must be text, not list"),
        ({"cmd": ["true"], "check": "no"}, "check: must be true or false, not str"),
        ({"cmd": ["true"], "check": 0}, "check: must be true or false, not int"),
        ({"cmd": ["env"], "env": ["A=1"]}, "env: must be a dict, not list"),
        ({"cmd": ["env"], "env": {"A": 1}}, "env.A: must be text, not int"),
        ({"cmd": ["env"], "env": {"A": "\x00"}}, "env.A: contains NUL"),
        ({"cmd": ["env"], "env": {"A=B": "1"}}, "env: names a variable 'A=B'"),
        ({"cmd": ["env"], "env": {"": "1"}}, "env: names a variable ''"),
        (
            {"cmd": ["true"], "timeout_s": 3},
            "timeout_s: is not known; the keys are cmd",
        ),
        ({"cmd": ["true"], "command": "x"}, "command: is not known"),
        ({"cmd": ["true"], "x" * 99: "x"}, f"{'x' * 60}…: is not known"),
    ],
)
async def test_a_payload_that_cannot_be_run_fails_the_job(payload, told):
    executor = await make()
    with pytest.raises(DiscardJob, match=f"^payload.*{told}"):
        await executor.run(job_id=None, payload=payload, ctx=Notes())


def test_what_a_chain_adds_is_no_fault():
    payload = {"cmd": ["true"], "previous_result": {"a": 1}, "previous_job_id": "x"}

    assert command_of(payload, shell="/bin/sh", base={}).argv == ("true",)


def test_what_is_null_was_not_given():
    payload = {"cmd": ["true"], "cwd": None, "env": None, "stdin": None}
    command = command_of(payload, shell="/bin/sh", base={"A": "1"})

    assert (command.cwd, command.env, command.stdin) == (None, {"A": "1"}, None)
    assert command.check


def test_stdin_may_hold_any_character():
    payload = {"cmd": ["true"], "stdin": "\x00\ud800"}

    assert command_of(payload, shell="/bin/sh", base={}).stdin == "\x00\ud800"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"grace_s": -1}, "grace_s must be a number of seconds of 0 or more, not -1"),
        ({"grace_s": float("inf")}, "grace_s"),
        ({"grace_s": True}, "grace_s"),
        ({"grace_s": "3"}, "grace_s"),
        ({"shell": "bash"}, "shell must be an absolute path, not 'bash'"),
        ({"shell": None}, "shell"),
        ({"env": ["A"]}, "env must be a dict of texts"),
        ({"env": {"A": 1}}, "env must be a dict of texts"),
        (
            {"max_stderr_tail": -1},
            "max_stderr_tail must be a whole number of 0 or more",
        ),
        ({"max_stderr_tail": 2.5}, "max_stderr_tail"),
        ({"allowed_commands": "git"}, "allowed_commands must be a list, not 'git'"),
        ({"allowed_commands": ["bin/git"]}, "allowed_commands holds 'bin/git'"),
        ({"allowed_commands": ["./git"]}, "list names such as 'git' or absolute paths"),
        ({"allowed_commands": [".."]}, "allowed_commands holds '..'"),
        ({"allowed_commands": ["/usr/../bin/ls"]}, r"without '\.\.'"),
        ({"allowed_commands": [""]}, "allowed_commands holds ''"),
        ({"allowed_commands": ["\x00"]}, "allowed_commands holds"),
        ({"allowed_commands": [7]}, "allowed_commands holds 7"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options, told):
    with pytest.raises(ConfigError, match=told):
        SubprocessExecutor(**options)


def test_a_system_without_process_groups_is_refused(monkeypatch):
    monkeypatch.delattr("os.killpg")
    with pytest.raises(ConfigError, match="POSIX"):
        SubprocessExecutor()
