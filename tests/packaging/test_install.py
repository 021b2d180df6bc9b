"""The README's steps, done word by word with the built wheel in a project that stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.databases import NoServerError, database_entry, find_server
from tests.databases.leftovers import fresh_name
from tests.databases.postgresql import drop_databases
from tests.newcomer.environment import ROOT
from tests.newcomer.eyes import Admin, ended_jobs_of
from tests.newcomer.project import Project
from tests.newcomer.snippets import Snippet, snippets

README = ROOT / "README.md"
TITLE = "pyjobkit_django"
STEPS = "Install it in a project"

#: The project that somebody has before they read the README.
MODELS = """
from django.db import models


class Order(models.Model):
    email = models.EmailField()
"""
STANDING = "\nINSTALLED_APPS += ['shop']\n"
#: What Django's own deployment check asks for, beside what is ours.
DEPLOYED = """
DEBUG = False
SECRET_KEY = "long, and with letters that differ: 8Q!v#zK_w2~Lx@m7"
ALLOWED_HOSTS = ["localhost"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}
SECURE_HSTS_SECONDS = 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
"""
BUY = "from shop.views import place_order; place_order('ada@example.com')"

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@pytest.fixture(params=["sqlite", "postgresql"])
def entry(request) -> Iterator[dict[str, Any] | None]:
    """Return the entry of DATABASES of a new database; None for the README's own."""
    if request.param == "sqlite":
        yield None
        return
    name = f"{fresh_name()}_site"
    try:
        url = find_server("postgresql").url
    except NoServerError as fault:
        pytest.skip(str(fault))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    yield {**database_entry("postgresql"), "NAME": name}
    drop_databases(url, [name])


@pytest.fixture
def project(tmp_path, environment) -> Iterator[Project]:
    with Project(tmp_path / "site", environment) as project:
        project.run("python -m django startproject config .")
        project.run("python manage.py startapp shop")
        project.write("shop/models.py", MODELS)
        project.write("config/settings.py", STANDING, append=True)
        project.run("python manage.py makemigrations shop")
        yield project


def test_the_steps_lead_to_a_job_that_is_seen(project, entry):
    project.follow(_example())
    if entry:
        project.write("config/settings.py", _as_settings(entry), append=True)
    project.follow(_steps(on_sqlite=not entry))
    project.ask(BUY)
    (job,) = ended_jobs_of(project)
    pages = _pages_of(project, job.id)

    assert (job.status, job.result) == ("success", {"sent": True})
    assert job.log == ["receipt for order 1"]
    assert all(job.kind in page for page in pages)


def test_the_site_is_fit_for_deployment_then(project):
    project.follow(_steps(on_sqlite=True)[:3])
    project.write("config/settings.py", DEPLOYED, append=True)

    told = project.run("python manage.py check --deploy --fail-level WARNING")

    assert "no issues" in told


def test_there_are_five_steps():
    assert [snippet.language for snippet in _steps(on_sqlite=False)] == [
        "console",
        "python",
        "console",
        "console",
    ]


def _example() -> list[Snippet]:
    """Return the files that the README begins with."""
    return [each for each in snippets(README) if each.titles == (TITLE,) and each.path]


def _steps(*, on_sqlite: bool) -> list[Snippet]:
    """Return the steps in order, the settings of SQLite among the others."""
    *steps, sqlite = snippets(README, under=STEPS)
    assert "init_command" in sqlite.text
    return [*steps[:2], sqlite, *steps[2:]] if on_sqlite else steps


def _pages_of(project: Project, job_id: str) -> list[str]:
    project.run(
        "DJANGO_SUPERUSER_PASSWORD=receipts python manage.py createsuperuser "
        "--noinput --username admin --email admin@example.com"
    )
    project.start("python manage.py runserver")
    admin = Admin(project, username="admin", password="receipts")
    pages = admin.job_pages(job_id)
    admin.close()
    return pages


def _as_settings(entry: dict[str, Any]) -> str:
    return f"\nDATABASES = {{'default': {entry!r}}}\n"
