"""Emptying the tables after a test whose transactions were real.

Django truncates them, for which PostgreSQL looks through all of its buffers once a table
and index: 85 ms of processor time. Deleting a test's few rows takes it 3.
"""

from __future__ import annotations

from typing import Any, Final

from django.apps import apps
from django.db import connections, transaction
from django.test import TransactionTestCase

#: A table that was larger, in bytes, is truncated: dead rows would be in the way of others.
LARGE: Final = 256 * 1024
#: What Django fills by itself, when it migrates.
_KEPT: Final = frozenset({"django_content_type", "auth_permission"})
_LARGE_ONES: Final = """
SELECT relname FROM pg_class
WHERE relname = ANY(%s) AND pg_table_is_visible(oid) AND pg_relation_size(oid) > %s
"""


def delete_rather_than_truncate() -> None:
    """Have tests on PostgreSQL delete their rows."""
    cases: Any = TransactionTestCase
    truncate = cases._fixture_teardown

    def _fixture_teardown(case: Any) -> None:
        aliases = list(case._databases_names(include_mirrors=False))
        if all(connections[alias].vendor == "postgresql" for alias in aliases):
            for alias in aliases:
                empty_tables(alias)
        else:
            truncate(case)

    cases._fixture_teardown = _fixture_teardown


def empty_tables(alias: str) -> None:
    """Empty the tables of the apps that a test was about, in PostgreSQL."""
    models = apps.get_models(include_auto_created=True)
    tables = sorted({model._meta.db_table for model in models} - _KEPT)
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(_LARGE_ONES, [tables, LARGE])
        large = [name for (name,) in cursor.fetchall()]
        if large:
            cursor.execute(f"TRUNCATE {', '.join(large)} CASCADE")
        for table in set(tables).difference(large):
            cursor.execute(f"DELETE FROM {table}")
