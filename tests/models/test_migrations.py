from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connections, migrations
from django.db.migrations.state import ProjectState

from pyjobkit_django.models import Job
from tests.second_database import make_tables, twin_database

APP = "pyjobkit_django"
OPERATIONS = [
    *(migrations.RemoveIndex("job", index.name) for index in Job._meta.indexes),
    *(migrations.RemoveConstraint("job", each.name) for each in Job._meta.constraints),
]


pytestmark = pytest.mark.stored


@pytest.fixture(scope="module")
def twin(django_db_setup, django_db_blocker):
    """Return the connection of a database whose tables may come and go."""
    with django_db_blocker.unblock(), twin_database("twin") as alias:
        make_tables(alias)
        yield connections[alias]


def tables(connection):
    names = connection.introspection.table_names()
    return {name.removeprefix(f"{APP}_") for name in names if name.startswith(APP)}


def indexes(connection):
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, Job._meta.db_table))


@pytest.mark.django_db
def test_the_migrations_make_the_models():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_they_can_be_undone_and_done_again(twin):
    call_command("migrate", APP, "zero", database=twin.alias, verbosity=0)
    assert tables(twin) == set()

    make_tables(twin.alias)
    assert tables(twin) == {"job", "jobattempt", "jobcounter", "joblog", "workerrecord"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_one_can_take_an_index_or_a_constraint_away_and_put_it_back(twin, operation):
    with_it, before = ProjectState.from_apps(apps), indexes(twin)
    without_it = with_it.clone()
    operation.state_forwards(APP, without_it)

    with twin.schema_editor() as editor:
        operation.database_forwards(APP, editor, with_it, without_it)
    assert indexes(twin) == before - {operation.name}

    with twin.schema_editor() as editor:
        operation.database_backwards(APP, editor, without_it, with_it)
    assert indexes(twin) == before
