"""Marks of tests that are about one database, or that need a real commit."""

from __future__ import annotations

import pytest
from django.db import connection


def _only_on(*vendors: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        connection.vendor not in vendors, reason=f"is about {' and '.join(vendors)}"
    )


on_postgresql = _only_on("postgresql")
on_mariadb = _only_on("mysql")
on_sqlite = _only_on("sqlite")
#: Where rows are locked one by one, and connections live in a server.
on_servers = _only_on("postgresql", "mysql")

#: Transactions are real, and only our own tables are emptied after the test.
committed = pytest.mark.django_db(transaction=True, available_apps=["pyjobkit_django"])
