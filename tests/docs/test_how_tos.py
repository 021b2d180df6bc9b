"""The code and the commands of the how-tos, in a site that follows the README."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.newcomer.environment import ROOT, Environment
from tests.newcomer.project import Project
from tests.newcomer.snippets import snippets

DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [*sorted((DOCS / "how-to").glob("*.md")), DOCS / "reference" / "settings.md"]

MODELS = """
from django.db import models


class Order(models.Model):
    email = models.EmailField()
    paid = models.BooleanField(default=True)
    receipt = models.UUIDField(null=True)
"""

#: Checks the settings and imports what was written.
PROOF = """
from importlib import import_module
from django.core.management import call_command
call_command("check")
for module in {modules}:
    import_module(module)
"""
STANDING = "INSTALLED_APPS += ['shop']\n"

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def standing(tmp_path_factory, distributions) -> Project:
    """Return a site with the README's app in it."""
    folder = tmp_path_factory.mktemp("standing")
    environment = Environment(folder / "venv", wheels=distributions)
    with Project(folder / "site", environment) as project:
        project.run("pip install pyjobkit-django")
        project.run("python -m django startproject config .")
        project.run("python manage.py startapp shop")
        project.write("shop/models.py", MODELS)
        project.write("config/settings.py", STANDING, append=True)
        project.follow(each for each in snippets(README) if each.path)
        project.run("python manage.py makemigrations shop")
        project.run("python manage.py migrate")
    return project


@pytest.fixture
def project(tmp_path, standing) -> Iterator[Project]:
    """Return a copy of that site."""
    shutil.copytree(standing.folder, tmp_path / "site")
    with Project(tmp_path / "site", standing.environment) as project:
        yield project


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_works(project, page):
    shown = snippets(page)

    project.follow(shown)

    modules = {
        each.path.removesuffix(".py").replace("/", ".") for each in shown if each.path
    }
    project.ask(PROOF.format(modules=modules))
