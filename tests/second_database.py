"""A second database for a test: an SQLite file with our tables, routed to on request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connections


@contextmanager
def second_database(alias: str, folder: Path) -> Iterator[str]:
    """Lend a database named ``alias``; ``make_tables`` fills it."""
    connections.databases[alias] = {
        **connections.databases["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(folder / f"{alias}.sqlite3"),
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


def make_tables(alias: str) -> None:
    """Migrate our app there, as far as the routers allow."""
    call_command("migrate", "pyjobkit_django", database=alias, verbosity=0)
