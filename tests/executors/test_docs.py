"""docs/executors.md leaves nothing out, and its examples work."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from pyjobkit_django.executors import SubprocessExecutor
from pyjobkit_django.executors.http import request
from pyjobkit_django.executors.http.options import HTTPKeywords
from pyjobkit_django.executors.ssh import executor as ssh
from pyjobkit_django.executors.ssh.credentials import Credential
from pyjobkit_django.executors.ssh.options import SSHKeywords
from pyjobkit_django.executors.subprocess import command
from pyjobkit_django.runtime import build_engine

PAGE = (Path(__file__).parents[2] / "docs" / "executors.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
WORDS = {
    "http": [*request._KEYS, *HTTPKeywords.__annotations__],
    "subprocess": [*command._KEYS, *inspect.signature(SubprocessExecutor).parameters],
    "ssh": [*ssh._KEYS, *SSHKeywords.__annotations__, *Credential.__annotations__],
}


def section(kind):
    return PAGE.partition(f"\n## `{kind}`\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("kind", WORDS)
def test_the_page_names_every_key_of_a_payload_and_every_option(kind):
    rows = [line for line in section(kind).splitlines() if line.startswith("|")]
    named = set(re.findall(r"`(\w+)`", "\n".join(rows)))

    assert {*WORDS[kind]} - {"name"} <= named


@pytest.mark.django_db
def test_the_examples_for_settings_and_code_work(settings):
    from_settings, from_code, *_ = EXAMPLES
    scope = {}
    exec(from_settings, scope)
    settings.PYJOBKIT = scope["PYJOBKIT"]

    call_command("check")
    assert {"http", "subprocess", "ssh"} <= set(build_engine().executors)
    exec(from_code, scope)
    assert set(scope["engine"].executors) == {"http", "subprocess"}


def test_the_examples_of_jobs_are_sound():
    enqueued = []
    for example in EXAMPLES[2:]:
        exec(example, {"enqueue": lambda *given: enqueued.append(given)})

    assert [kind for kind, _ in enqueued] == ["http", "subprocess", "ssh"]
    assert all({*payload} <= {*WORDS[kind]} for kind, payload in enqueued)
