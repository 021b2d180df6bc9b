from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from tests.marks import committed


@pytest.mark.django_db
def test_the_migrations_make_the_models():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@committed
def test_they_can_be_undone_and_done_again():
    call_command("migrate", "pyjobkit_django", "zero", verbosity=0)
    assert ours() == set()

    call_command("migrate", "pyjobkit_django", verbosity=0)
    assert ours() == {
        "pyjobkit_django_job",
        "pyjobkit_django_jobattempt",
        "pyjobkit_django_joblog",
        "pyjobkit_django_workerrecord",
    }


def ours():
    tables = connection.introspection.table_names()
    return {name for name in tables if name.startswith("pyjobkit")}
