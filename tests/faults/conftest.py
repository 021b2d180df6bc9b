from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.faults import Fault
from tests.faults.history import Verdict
from tests.faults.place import Place, place_on
from tests.faults.trial import Trial

type Act = Callable[..., Verdict]


@pytest.fixture(scope="session")
def place(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: object
) -> Iterator[Place]:
    """Lend a database of the vendor that the tests run on; PostgreSQL of its own."""
    database = {"mysql": "mariadb"}.get(connection.vendor, connection.vendor)
    with (
        django_db_blocker.unblock(),
        place_on(database, tmp_path_factory.mktemp("p")) as lent,
    ):
        yield lent


@pytest.fixture
def act(place: Place, tmp_path: Path, django_db_blocker: object) -> Act:
    """Act out faults, one after the other, on the terms of the first."""

    def act_out(*faults: Fault) -> Verdict:
        with (
            django_db_blocker.unblock(),
            Trial(place, tmp_path, faults[0].terms, random.Random(7)) as trial,
        ):
            for fault in faults:
                fault(trial)
            return trial.finish()

    return act_out
