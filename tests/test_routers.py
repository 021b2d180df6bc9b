from __future__ import annotations

from contextlib import ExitStack

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, router

from pyjobkit_django import enqueue, enqueue_many, get_job
from pyjobkit_django.backends.orm.log_sink import DatabaseLogSink, read_log
from pyjobkit_django.contracts import LogRecord
from pyjobkit_django.models import Job, JobAttempt, JobLog, WorkerRecord
from pyjobkit_django.routers import JobsRouter
from tests.second_database import make_tables, second_database
from tests.stored_jobs import undone

pytestmark = pytest.mark.stored

TABLES = {"pyjobkit_django_job", "pyjobkit_django_joblog"}


@pytest.fixture
def second(settings, tmp_path, django_db_setup, django_db_blocker):
    """Route jobs to a database of their own; return what makes more databases.

    The mark django_db knows only the databases that stand in the settings.
    """
    settings.DATABASE_ROUTERS = ["pyjobkit_django.routers.JobsRouter"]
    with django_db_blocker.unblock(), ExitStack() as databases:
        yield lambda alias: databases.enter_context(second_database(alias, tmp_path))


@pytest.fixture
def _jobs_apart(second):
    make_tables(second("jobs"))


@pytest.mark.usefixtures("_jobs_apart")
def test_jobs_go_to_their_own_database():
    job_id = enqueue("k", unique_key="u")
    enqueue_many([{"kind": "k"}, {"kind": "k"}])

    assert get_job(job_id)["kind"] == "k"
    assert Job.objects.count() == 3
    assert Job.objects.using("jobs").count() == 3
    assert Job.objects.using("default").count() == 0


@pytest.mark.usefixtures("_jobs_apart")
def test_they_do_not_go_back_with_another_databases_transaction():
    with undone():
        enqueue("k")

    assert Job.objects.count() == 1


@pytest.mark.usefixtures("_jobs_apart")
def test_log_lines_go_where_the_jobs_are():
    job_id = enqueue("k")
    DatabaseLogSink()._insert([LogRecord(job_id, "stdout", "hello", 1)])

    assert [line.message for line in read_log(job_id)] == ["hello"]
    assert JobLog.objects.using("jobs").count() == 1


def test_our_tables_are_made_in_their_database_alone(second):
    make_tables(second("jobs"))
    make_tables(second("other"))

    assert set(connections["jobs"].introspection.table_names()) >= TABLES
    assert not TABLES & set(connections["other"].introspection.table_names())


def test_it_has_no_opinion_on_other_apps():
    jobs = JobsRouter()

    assert jobs.db_for_read(User) is None
    assert jobs.db_for_write(User) is None
    assert jobs.allow_migrate("default", "auth") is None
    assert jobs.allow_migrate("jobs", "auth") is None


@pytest.mark.parametrize("model", [Job, JobAttempt, JobLog, WorkerRecord])
def test_every_table_of_ours_goes_one_way(model):
    jobs = JobsRouter()

    assert jobs.db_for_read(model) == jobs.db_for_write(model) == "jobs"
    assert jobs.allow_migrate("jobs", model._meta.app_label) is True
    assert jobs.allow_migrate("default", model._meta.app_label) is False


def test_a_subclass_may_choose_another_alias(settings):
    settings.DATABASE_ROUTERS = [type("Ours", (JobsRouter,), {"alias": "work"})()]

    assert router.db_for_write(Job) == "work"


def test_without_it_jobs_go_to_the_default_database():
    assert router.db_for_write(Job) == connection.alias == "default"
