"""What the sdist and the wheel hold, and what they say of themselves."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from trove_classifiers import classifiers

from tests.matrix.cells import CELLS
from tests.newcomer.environment import ROOT, clean_environment

PACKAGE = "pyjobkit_django"
#: What is in a checkout and no part of any distribution.
LITTER = (".pyc", ".sqlite3")

pytestmark = [pytest.mark.once, pytest.mark.timeout(180)]


@pytest.fixture
def wheel(distributions: Path) -> zipfile.ZipFile:
    (path,) = distributions.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture
def sdist_names(distributions: Path) -> set[str]:
    (path,) = distributions.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def checked_in(folder: str) -> set[str]:
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        pytest.skip("this is no checkout")
    return {name for name in found.stdout.split() if (ROOT / name).exists()}


def metadata_of(wheel):
    (name,) = [
        name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")
    ]
    return message_from_string(wheel.read(name).decode())


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert names == checked_in(PACKAGE)
    assert not [name for name in names if name.endswith(LITTER)]


def test_the_wheel_holds_the_types_the_migrations_and_the_licence(wheel):
    names = [name.partition(".dist-info")[2] or name for name in wheel.namelist()]

    assert f"{PACKAGE}/py.typed" in names
    assert f"{PACKAGE}/migrations/0001_initial.py" in names
    assert "/licenses/LICENSE" in names


@pytest.mark.parametrize(
    "folder",
    [PACKAGE, "tests", "docs", "example_project", "benchmarks", ".ci", "Makefile"],
)
def test_the_sdist_holds_what_make_test_needs(sdist_names, folder):
    assert checked_in(folder) <= sdist_names


@pytest.mark.parametrize(
    "name",
    [
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "pyproject.toml",
    ],
)
def test_the_sdist_holds_what_is_to_be_read(sdist_names, name):
    assert name in sdist_names


def test_the_index_would_take_both(distributions):
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *distributions.iterdir()],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_version_is_that_of_the_package(wheel):
    package = wheel.read(f"{PACKAGE}/__init__.py").decode()

    assert f'__version__ = "{metadata_of(wheel)["Version"]}"' in package


def test_the_classifiers_name_the_djangos_that_are_tested(wheel):
    named = {
        classifier.rpartition(" :: ")[2]
        for classifier in metadata_of(wheel).get_all("Classifier")
        if classifier.startswith("Framework :: Django :: ")
    }

    assert named == {cell.django for cell in CELLS}


def test_the_classifiers_are_known_and_each_stands_once(wheel):
    named = metadata_of(wheel).get_all("Classifier")

    assert set(named) <= classifiers
    assert sorted(named) == named


def test_an_install_brings_no_tool_of_ours(wheel):
    wanted = metadata_of(wheel).get_all("Requires-Dist")
    always = {text.split(">")[0] for text in wanted if "extra ==" not in text}

    assert always == {"django", "asgiref", "httpx", "httpcore"}
