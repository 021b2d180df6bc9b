"""The examples of docs/pyjobkit.md, each run as a script of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.acceptance.processes import ROOT
from tests.interop.marks import against_pyjobkit, import_pyjobkit
from tests.matrix.pyjobkit import FOLDER, use_pyjobkit

PAGE = ROOT / "docs" / "pyjobkit.md"
HELLO, AS_PYJOBKIT, FROM_PYJOBKIT = re.findall(
    r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL
)


def run(script: str) -> str:
    """Return what a script prints."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(FOLDER)])}
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_an_executor_runs_with_only_the_import_changed() -> None:
    assert run(HELLO) == "{'message': 'Hello, Ada!'}\n"


@against_pyjobkit
@pytest.mark.django_db(transaction=True)
def test_their_worker_runs_on_our_tables() -> None:
    use_pyjobkit()
    import_pyjobkit()

    assert run(AS_PYJOBKIT) == "{'text': 'HELLO'}\n"


@against_pyjobkit
def test_our_worker_runs_on_their_pieces() -> None:
    use_pyjobkit()
    import_pyjobkit()

    assert run(FROM_PYJOBKIT) == "{'text': 'HELLO'}\n"
