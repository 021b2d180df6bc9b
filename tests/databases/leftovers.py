"""The names of test databases, and the end of those that killed runs left behind."""

from __future__ import annotations

import os
import re
import time
from importlib import import_module

_NAME = re.compile(r"pyjobkit_test_(\d+)_\d+\w*")
#: No run takes as long as this, in seconds.
_STALE_S = 3 * 3600


def fresh_name() -> str:
    """Return a database name that tells its age and that no other process uses."""
    return f"pyjobkit_test_{int(time.time())}_{os.getpid()}"


def drop_leftovers(database: str, place: str) -> None:
    """Drop the test databases that are too old to be in use.

    ``place`` is the server's URL, or the folder of SQLite's files.
    """
    keeper = import_module(f"tests.databases.{database}")
    stale = [name for name in keeper.list_databases(place) if _is_stale(name)]
    keeper.drop_databases(place, stale)


def _is_stale(name: str) -> bool:
    found = _NAME.fullmatch(name)
    return found is not None and time.time() - int(found[1]) > _STALE_S
