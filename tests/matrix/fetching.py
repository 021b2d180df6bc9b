"""Packages beside the installed ones, each in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


class NotFetchedError(Exception):
    """A package cannot be had here; the message says why."""


def fetch(folder: Path, *what: str) -> None:
    """Have pip install ``what`` into a folder, unless it stands."""
    if folder.exists():
        return
    print(f"matrix: fetching {folder.name}", flush=True)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    done = subprocess.run(
        [*pip, "install", "--target", str(partial), *what],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["pip failed"]
        raise NotFetchedError(lines[-1])
    partial.rename(folder)
