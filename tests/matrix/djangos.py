"""The releases of Django: the installed one, and others beside it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from tests.matrix.fetching import fetch


def django_path(release: str, cache: Path) -> str:
    """Return what to put on PYTHONPATH for a release; nothing for the installed one."""
    if version("django").startswith(f"{release}."):
        return ""
    folder = cache / f"django-{release}"
    # What Django needs, sqlparse and asgiref, is in the venv already.
    fetch(folder, "--no-deps", f"django=={release}.*")
    return str(folder)
