"""A venv of its own with our wheel; what the wheel needs is lent by the venv at hand."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: What would lead a process back to the sources, or to the settings of the tests.
_OURS = (
    "COVERAGE",
    "DJANGO",
    "PYJOBKIT",
    "PYTEST",
    "PYTHON",
    "VIRTUAL_ENV",
    "DATABASE",
)
_NOT_LENT = (
    "__editable__",
    "__pycache__",
    "_virtualenv",
    "distutils",
    "pyjobkit",
)


def clean_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without what the tests put into it."""
    kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    return {**kept, **extra}


def build_distributions(folder: Path) -> Path:
    """Build the sdist, and the wheel out of it, into a folder."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        env=clean_environment(),
        check=True,
        capture_output=True,
    )
    return folder


class Environment:
    """A venv in which pip finds our wheel, and the rest installed already."""

    def __init__(self, folder: Path, *, wheels: Path) -> None:
        self.folder = folder
        # Its pip is lent like the rest: to install one takes longer than all of a test.
        venv.create(folder, symlinks=True)
        self.variables = clean_environment(
            PATH=os.pathsep.join([str(folder / "bin"), os.environ["PATH"]]),
            PIP_DISABLE_PIP_VERSION_CHECK="1",
            PIP_FIND_LINKS=str(wheels),
            PIP_NO_INDEX="1",
        )
        self._lend()

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def _lend(self) -> None:
        lent = self.folder / "lent"
        lent.mkdir()
        for site in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
            for package in Path(site).iterdir():
                if _is_lent(package):
                    (lent / package.name).symlink_to(package)
        (site_packages,) = self.folder.glob("lib/python*/site-packages")
        (site_packages / "lent.pth").write_text(f"{lent}\n")
        pip = self.folder / "bin" / "pip"
        pip.write_text(f'#!/bin/sh\nexec "{self.python}" -m pip "$@"\n')
        pip.chmod(0o755)


def _is_ours(name: str) -> bool:
    return name.startswith(_OURS)


def _is_lent(package: Path) -> bool:
    return not package.name.startswith(_NOT_LENT) and package.suffix != ".pth"
