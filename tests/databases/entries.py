"""A test database as an entry of DATABASES."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.databases.leftovers import fresh_name
from tests.databases.mariadb import use_driver
from tests.databases.servers import find_server, url_variable
from tests.databases.sqlite import file_for

#: Names the database of the test at hand, for the processes that it starts.
NAME_VARIABLE = "PYJOBKIT_TEST_DATABASE_NAME"
#: The zone of the sessions on MariaDB, for example ``+05:00``.
ZONE_VARIABLE = "PYJOBKIT_TEST_TIME_ZONE"


def database_entry(database: str) -> dict[str, Any]:
    """Return the entry of ``sqlite``, ``postgresql`` or ``mariadb``.

    NAME is also the test database's name, so that a process started by a test reaches
    it with the same settings.
    """
    if database == "sqlite":
        return _sqlite_entry()
    server = find_server(database)
    os.environ[url_variable(database)] = server.url
    return _server_entry(database, server.url)


def without_tls(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry that opens a connection quickly, unless its URL says how.

    Tests open thousands. PyMySQL reads all certificates of the system for each, which
    takes 30 ms.
    """
    quick: dict[str, Any] = {}
    if entry["ENGINE"].endswith("postgresql"):
        quick = {"sslmode": "disable"}
    elif entry["ENGINE"].endswith("mysql") and use_driver().__name__ == "pymysql":
        quick = {"ssl_disabled": True}
    return {**entry, "OPTIONS": {**quick, **entry["OPTIONS"]}}


def _sqlite_entry() -> dict[str, Any]:
    name = os.environ.get(NAME_VARIABLE) or file_for(fresh_name())
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "TEST": {"NAME": name},
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _server_entry(database: str, url: str) -> dict[str, Any]:
    address = urlsplit(url)
    name = os.environ.get(NAME_VARIABLE) or fresh_name()
    entry = {
        "NAME": name,
        "HOST": address.hostname or "",
        "PORT": str(address.port or ""),
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "OPTIONS": dict(parse_qsl(address.query)),
        "TEST": {"NAME": name},
    }
    return _ADAPT[database](entry)


def _postgresql(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "ENGINE": "django.db.backends.postgresql"}


def _mariadb(entry: dict[str, Any]) -> dict[str, Any]:
    if zone := os.environ.get(ZONE_VARIABLE):
        entry["OPTIONS"]["init_command"] = f"SET time_zone = '{zone}'"
    entry["TEST"]["CHARSET"] = "utf8mb4"
    return {**entry, "ENGINE": "django.db.backends.mysql"}


_ADAPT = {"postgresql": _postgresql, "mariadb": _mariadb}
