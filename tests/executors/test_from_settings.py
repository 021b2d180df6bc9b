"""The executors that come with the toolkit, as a site's settings name them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from pyjobkit_django.executors import HTTPExecutor, SSHExecutor, SubprocessExecutor
from pyjobkit_django.runtime import build_engine

EXECUTORS = "pyjobkit_django.executors"
pytestmark = pytest.mark.django_db


def test_the_settings_give_each_its_options(settings):
    login = {"username": "deploy", "key_path": "/etc/keys/deploy", "passphrase": "hush"}
    settings.PYJOBKIT = {
        "EXECUTORS": {
            f"{EXECUTORS}.HTTPExecutor": {"public_only": True, "timeout_s": 5},
            f"{EXECUTORS}.SubprocessExecutor": {"allowed_commands": ["echo"]},
            f"{EXECUTORS}.SSHExecutor": {
                "known_hosts": "/etc/ssh/known_hosts",
                "credentials": {"deploy": login},
            },
        }
    }

    executors = build_engine().executors

    assert executors["http"].options.public_only
    assert executors["http"].options.timeout_s == 5
    assert list(executors["subprocess"].allow_list.paths) == ["echo"]
    assert executors["ssh"].options.known_hosts == (Path("/etc/ssh/known_hosts"),)
    assert executors["ssh"].options.credentials["deploy"].username == "deploy"
    call_command("check")


def test_the_settings_need_not_give_options(settings):
    names = ["HTTPExecutor", "SubprocessExecutor", "SSHExecutor"]
    settings.PYJOBKIT = {"EXECUTORS": [f"{EXECUTORS}.{name}" for name in names]}

    assert {"http", "subprocess", "ssh"} <= set(build_engine().executors)


@pytest.mark.parametrize("made", [HTTPExecutor, SubprocessExecutor, SSHExecutor])
async def test_in_code_they_need_no_options_either(made):
    executor = await asyncio.to_thread(made)

    assert executor.kind in ("http", "subprocess", "ssh")
    await executor.close()


BAD = [
    ("HTTPExecutor", {"public_only": "yes"}, "public_only must be True or False"),
    ("HTTPExecutor", {"timeout_s": 0}, "timeout_s must be a number of seconds above 0"),
    (
        "HTTPExecutor",
        {"retries": 3},
        "HTTPExecutor has no option 'retries'; there are timeout_s, connect_timeout_s",
    ),
    (
        "SubprocessExecutor",
        {"allowed_commands": "git"},
        "allowed_commands must be a list, not 'git'",
    ),
    (
        "SubprocessExecutor",
        {"allowed_commands": ["bin/git"]},
        "allowed_commands holds 'bin/git'; list names such as 'git' or absolute paths",
    ),
    (
        "SubprocessExecutor",
        {"commands": ["git"]},
        "SubprocessExecutor.__init__() got an unexpected keyword argument 'commands'",
    ),
    ("SSHExecutor", {"known_hosts": 5}, "known_hosts must be a path or a list of path"),
    (
        "SSHExecutor",
        {"verify": False},
        "SSHExecutor has no option 'verify'; there are known_hosts, credentials, veri",
    ),
    (
        "SSHExecutor",
        {"credentials": {"deploy": {"pasword": "s3cret"}}},
        "credentials['deploy'] has no 'pasword'; there are username, key_path, passph",
    ),
]


@pytest.mark.parametrize(("name", "options", "told"), BAD)
def test_manage_py_check_tells_a_bad_option_in_one_sentence(
    settings, name, options, told
):
    path = f"{EXECUTORS}.{name}"
    settings.PYJOBKIT = {"EXECUTORS": {path: options}}

    with pytest.raises(SystemCheckError) as refused:
        call_command("check")

    (line,) = [row for row in str(refused.value).splitlines() if "pyjobkit.E" in row]
    sentence = line.partition(") ")[2]
    assert sentence.startswith(f"PYJOBKIT['EXECUTORS'] '{path}': {told}")
    assert "s3cret" not in str(refused.value)
    assert "1 issue" in str(refused.value)
