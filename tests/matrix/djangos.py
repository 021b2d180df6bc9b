"""The releases of Django: the installed one, and others beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path


class NoDjangoError(Exception):
    """A release cannot be had here; the message says why."""


def django_path(release: str, cache: Path) -> str:
    """Return what to put on PYTHONPATH for a release; nothing for the installed one."""
    if version("django").startswith(f"{release}."):
        return ""
    folder = cache / f"django-{release}"
    if not folder.exists():
        print(f"matrix: fetching Django {release}", flush=True)
        _fetch(release, folder)
    return str(folder)


def _fetch(release: str, folder: Path) -> None:
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    # What Django needs, sqlparse and asgiref, is in the venv already.
    what = ("install", "--no-deps", "--target", str(partial), f"django=={release}.*")
    done = subprocess.run([*pip, *what], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["pip failed"]
        raise NoDjangoError(lines[-1])
    partial.rename(folder)
