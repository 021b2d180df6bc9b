"""The counting proxy sees every statement, prepared or not, and no frame around them."""

from __future__ import annotations

import pytest
from django.db import connection

from benchmarks.databases import Database
from benchmarks.statements import counted
from tests.databases import find_server
from tests.marks import on_postgresql

pytestmark = [pytest.mark.django_db, on_postgresql]


def test_statements_are_counted_and_their_frames_are_not():
    server = find_server("postgresql")
    database = Database("postgresql", connection.settings_dict["NAME"], server.url)

    with counted(database) as (watched, statements), watched.connect() as through:
        for _ in range(10):  # psycopg prepares it after five
            through.execute("SELECT %s::int", [1])
        with through.transaction():
            through.execute("SELECT 2")

        through.execute(b"BEGIN; SELECT 3; COMMIT")

        assert statements.connections == 1
        assert sorted(statements.texts.values()) == [1, 1, 10]
        statements.reset()
        assert statements.total == 0
