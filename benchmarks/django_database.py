"""A fresh PostgreSQL database with Django set up on it, shared with the processes started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def django_database(settings: str) -> Iterator[None]:
    """Lend an empty, migrated database; no process may use Django before."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    os.environ["PYJOBKIT_TEST_DATABASE"] = "postgresql"

    import django

    django.setup()

    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from tests.databases.entries import NAME_VARIABLE

    created = setup_databases(verbosity=0, interactive=False)
    os.environ[NAME_VARIABLE] = str(connection.settings_dict["NAME"])
    try:
        yield
    finally:
        teardown_databases(created, verbosity=0)
