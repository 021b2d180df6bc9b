"""SQLite for the tests: a file, since several threads and processes share it."""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path

FOLDER = tempfile.gettempdir()
_SUFFIX = ".sqlite3"


def file_for(name: str) -> str:
    """Return the path of a database that ends with this process."""
    atexit.register(drop_databases, FOLDER, [name])
    return str(Path(FOLDER, name + _SUFFIX))


def drop_databases(folder: str, names: list[str]) -> None:
    """Remove databases with the files that SQLite keeps beside them."""
    for name in names:
        for part in ("", "-wal", "-shm", "-journal"):
            Path(folder, name + _SUFFIX + part).unlink(missing_ok=True)


def list_databases(folder: str) -> list[str]:
    """Return the names of a folder's databases."""
    return [path.stem for path in Path(folder).glob(f"*{_SUFFIX}")]
