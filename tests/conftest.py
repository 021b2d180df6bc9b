from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from blockbuster import blockbuster_ctx
from django.db import connection

from tests.databases.emptying import delete_rather_than_truncate
from tests.databases.entries import NAME_VARIABLE
from tests.newcomer.environment import Environment, build_distributions

delete_rather_than_truncate()


def pytest_report_header() -> str:
    return f"django: {django.__version__}, database: {connection.settings_dict['NAME']}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is the same on every database and Django, for the matrix to leave out."""
    for item in items:
        marks = map(item.get_closest_marker, ("stored", "skipif"))
        if not _uses_database(item) and not any(marks):
            item.add_marker("plain")


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking at thousands of tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Let the processes that a test starts find its database."""
    os.environ[NAME_VARIABLE] = str(connection.settings_dict["NAME"])
    yield
    del os.environ[NAME_VARIABLE]


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with our sdist and wheel."""
    return build_distributions(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def environment(tmp_path: Path, distributions: Path) -> Environment:
    """Return a venv that can install our wheel."""
    return Environment(tmp_path / "venv", wheels=distributions)


@pytest.fixture(autouse=True)
def _logging_stays_as_it_was() -> Iterator[None]:
    """Undo what a command that a test called has done to our loggers."""
    ours = logging.getLogger("pyjobkit")
    before = ours.handlers, ours.propagate
    level = ours.level
    yield
    ours.handlers, ours.propagate = before
    # As an attribute it would leave what each logger remembers of the old one.
    ours.setLevel(level)


@pytest.fixture(autouse=True)
def _the_event_loop_is_never_blocked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse blocking calls in a running event loop, where there is no database."""
    if _uses_database(request.node):
        yield
        return
    with blockbuster_ctx("pyjobkit_django") as blockbuster:
        # Coverage's own lock, when it meets a new file in two threads at once.
        lock = blockbuster.functions["threading.Lock.acquire"]
        lock.can_block_in("coverage/collector.py", "lock_data")
        yield


def _uses_database(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db"}
    used = fixtures.intersection(getattr(item, "fixturenames", ()))
    return bool(used) or item.get_closest_marker("django_db") is not None
