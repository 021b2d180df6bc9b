from __future__ import annotations

import subprocess
import sys

import pytest

from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.errors import ConfigError
from pyjobkit_django.interop import as_pyjobkit, from_pyjobkit
from tests.interop.marks import against_pyjobkit, import_pyjobkit

pyjobkit = import_pyjobkit()

pytestmark = against_pyjobkit


def test_importing_it_brings_neither_pyjobkit_nor_django():
    program = (
        "import sys, pyjobkit_django.interop;"
        "sys.exit(bool({'pyjobkit', 'django'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_pyjobkit_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyjobkit.contracts", None)

    with pytest.raises(ConfigError, match="pip install pyjobkit"):
        as_pyjobkit(MemoryBackend())


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ("import_module('pyjobkit')", "print(use_prometheus())", "True"),
        ("use_prometheus()", "from_pyjobkit(1)", "import pyjobkit before metrics are"),
    ],
)
def test_metrics_of_both_in_one_process_are_ours(first, then, said):
    program = (
        "from importlib import import_module\n"
        "from pyjobkit_django.interop import from_pyjobkit\n"
        "from pyjobkit_django.metrics import use_prometheus\n"
        "from tests.matrix.pyjobkit import use_pyjobkit\n"
        f"use_pyjobkit()\n{first}\n{then}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert said in done.stdout + done.stderr


@pytest.mark.parametrize("door", [as_pyjobkit, from_pyjobkit])
@pytest.mark.parametrize("thing", [42, pyjobkit.MemoryBackend])
def test_what_is_of_no_use_on_the_other_side_is_refused(door, thing):
    with pytest.raises(TypeError, match=r"42|MemoryBackend"):
        door(thing)
