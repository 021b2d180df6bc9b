"""The first two cases of the article that describes pyjobkit, run as scripts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from pyjobkit_django import get_job
from tests.acceptance.processes import ROOT, until

HERE = Path(__file__).parent
#: Shows what the log says of the jobs, since memory ends with the process.
LOUD = "import logging, runpy, sys; logging.basicConfig(level='INFO'); runpy.run_path(sys.argv[1])"


@contextmanager
def running(script: str, log: Path) -> Iterator[Callable[[], str]]:
    """Run a script that never ends by itself; hand out a look at what it printed."""
    command = [sys.executable, "-u", "-c", LOUD, str(HERE / script)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        yield log.read_text
    finally:
        process.kill()
        process.wait()


def test_case_1_runs_with_only_the_import_changed(tmp_path: Path) -> None:
    with running("case_1.py", tmp_path / "log") as printed:
        until(lambda: "Задача поставлена:" in printed(), what="the enqueue")
        until(lambda: "job succeeded" in printed(), what="the success")


@pytest.mark.django_db(transaction=True)
def test_case_2_runs_on_the_site_s_database(tmp_path: Path) -> None:
    with running("case_2.py", tmp_path / "log") as printed:
        until(lambda: "Задача поставлена:" in printed(), what="the enqueue")
        job_id = UUID(printed().partition("Задача поставлена:")[2].split()[0])
        until(lambda: get_job(job_id)["finished_at"], what="the end")
    record = get_job(job_id)
    assert record["status"] == "success"
    assert record["result"] == {"returncode": 0, "output": "Hello from bash\n"}
