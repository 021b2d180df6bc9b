"""A second database for a test: a file of SQLite, or one like that of the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections


@contextmanager
def second_database(alias: str, folder: Path) -> Iterator[str]:
    """Lend a file of SQLite as ``alias``; ``make_tables`` fills it."""
    with _known_as(
        alias,
        ENGINE="django.db.backends.sqlite3",
        NAME=str(folder / f"{alias}.sqlite3"),
        OPTIONS={"transaction_mode": "IMMEDIATE"},
    ):
        yield alias


@contextmanager
def twin_database(alias: str) -> Iterator[str]:
    """Lend an empty database beside that of the run; ``make_tables`` fills it."""
    run = connections["default"].settings_dict
    name = f"{run['NAME']}_{alias}"
    with _known_as(alias, NAME=name, TEST={**run["TEST"], "NAME": name}):
        creation = connections[alias].creation
        creation._create_test_db(verbosity=0, autoclobber=True)
        try:
            yield alias
        finally:
            connections[alias].close()
            creation._destroy_test_db(name, verbosity=0)


@contextmanager
def _known_as(alias: str, **entry: Any) -> Iterator[None]:
    connections.databases[alias] = {**connections.databases["default"], **entry}
    try:
        yield
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


def make_tables(alias: str) -> None:
    """Migrate our app there, as far as the routers allow."""
    call_command("migrate", "pyjobkit_django", database=alias, verbosity=0)
