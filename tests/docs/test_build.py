"""The docs build as ``make docs`` builds them: warnings are errors."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zlib
from pathlib import Path

import pytest

from tests.matrix.fetching import NotFetchedError, fetch
from tests.newcomer.environment import ROOT, clean_environment

PAGES = ("index", "quickstart", "reference/api", "explanation/life-of-a-job")

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@pytest.fixture
def tools() -> Path:
    """Return a folder with Sphinx and what belongs to it; `make test` installs none."""
    pyproject = ROOT / "pyproject.toml"
    group = tomllib.loads(pyproject.read_text())["dependency-groups"]["docs"]
    pinned = zlib.crc32(" ".join([sys.version, *group]).encode())
    folder = ROOT / ".cache" / f"docs-tools-{pinned:08x}"
    try:
        fetch(folder, "--group", f"{pyproject}:docs")
    except NotFetchedError as fault:
        pytest.skip(str(fault))
    return folder


def test_the_docs_build_without_a_warning(tools, tmp_path):
    sphinx = (sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going")
    built = subprocess.run(
        [*sphinx, ROOT / "docs", tmp_path / "html", "-d", tmp_path / "trees"],
        env=clean_environment(PYTHONPATH=os.pathsep.join([str(tools), str(ROOT)])),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (built.returncode, built.stderr) == (0, "")
    assert all((tmp_path / "html" / f"{page}.html").exists() for page in PAGES)
