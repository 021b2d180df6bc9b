"""Where a trial's jobs live, seen from this process and from the workers'."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connections

from tests.databases.entries import database_entry
from tests.databases.leftovers import fresh_name
from tests.faults.proxy import Proxy
from tests.faults.server import OwnServer

ALIAS: Final = "faults"


@dataclass(slots=True)
class Place:
    """A database with our tables; ``server`` and ``proxy`` are there where it is our own."""

    entry: dict[str, Any]
    server: OwnServer | None = None
    proxy: Proxy | None = None

    def environment(self, *, through_proxy: bool = False) -> dict[str, str]:
        """Return the environment of a worker."""
        entry = self.entry
        if through_proxy and self.proxy:
            entry = {**entry, "PORT": str(self.proxy.port)}
        return {**os.environ, "FAULTS_DATABASE": json.dumps(entry)}


@contextmanager
def own_postgresql() -> Iterator[Place]:
    """Lend a PostgreSQL server of our own, with a proxy before it."""
    with OwnServer() as server, Proxy(server.port) as proxy:
        place = Place(server.entry, server, proxy)
        with _registered(place):
            yield place


@contextmanager
def place_on(database: str, folder: Path) -> Iterator[Place]:
    """Lend a fresh database: ``sqlite``, ``mariadb``, or ``postgresql``, which is our own."""
    if database == "postgresql":
        with own_postgresql() as place:
            yield place
    elif database == "sqlite":
        name = str(folder / "faults.sqlite3")
        entry = {**database_entry("sqlite"), "NAME": name}
        with _registered(Place(entry)) as place:
            yield place
    else:
        with _created_on_mariadb() as place:
            yield place


@contextmanager
def _created_on_mariadb() -> Iterator[Place]:
    from tests.databases.mariadb import create_database, drop_databases, use_driver  # noqa: PLC0415 - the driver is not always there

    use_driver()
    entry = database_entry("mariadb")
    name = f"{fresh_name()}_faults"
    url = os.environ["PYJOBKIT_TEST_MARIADB_URL"]
    create_database(url, name)
    try:
        with _registered(Place({**entry, "NAME": name})) as place:
            yield place
    finally:
        drop_databases(url, [name])


@contextmanager
def _registered(place: Place) -> Iterator[Place]:
    """Make the place one of our databases, with the tables in it."""
    connections.settings[ALIAS] = connections.configure_settings(
        {"default": settings.DATABASES["default"], ALIAS: dict(place.entry)}
    )[ALIAS]
    try:
        call_command("migrate", database=ALIAS, verbosity=0)
        yield place
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.settings[ALIAS]


def patiently[R](ask: Any, *arguments: Any, within_s: float = 60.0) -> R:
    """Return what ``ask`` returns as soon as the database answers it."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            answer: R = ask(*arguments)
        except (DatabaseError, InterfaceError):
            connections[ALIAS].close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return answer
