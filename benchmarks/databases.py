"""A fresh database for each thing that is measured, on the servers that the tests use."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg

from benchmarks.redis import redis_url
from tests.databases import NoServerError, Server, find_server
from tests.databases.entries import NAME_VARIABLE
from tests.databases.leftovers import drop_leftovers, fresh_name
from tests.databases.servers import url_variable
from tests.databases.sqlite import FOLDER, file_for

#: In the environment of every program and worker: which database, and where.
KIND_VARIABLE = "PYJOBKIT_TEST_DATABASE"
DSN_VARIABLE = "BENCH_DSN"

#: What PostgreSQL's figures depend on.
_SETTINGS = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_connections",
)
_MAINTENANCE = {"postgresql": "postgres", "mariadb": "mysql"}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """One database; ``kind`` is sqlite, postgresql, mariadb or redis."""

    kind: str
    name: str
    url: str = ""

    @property
    def dsn(self) -> str:
        """The address with the database's name in it."""
        if self.kind in ("sqlite", "redis"):
            return self.url or self.name
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{self.name}"))

    def environment(self) -> dict[str, str]:
        """Return what leads a program's settings to this database."""
        found = {
            KIND_VARIABLE: self.kind,
            DSN_VARIABLE: self.dsn,
            NAME_VARIABLE: self.name,
        }
        return {**found, url_variable(self.kind): self.url} if self.url else found

    def through(self, port: int) -> Database:
        """Return the database as it is reached through a port of this machine."""
        address = urlsplit(self.url)
        user = address.netloc.rpartition("@")[0]
        netloc = f"{user}@127.0.0.1:{port}" if user else f"127.0.0.1:{port}"
        return replace(self, url=urlunsplit(address._replace(netloc=netloc)))

    def connect(self) -> Any:
        """Return a DB-API connection of our own, for looking on."""
        if self.kind == "sqlite":
            return sqlite3.connect(self.name, timeout=20)
        if self.kind == "postgresql":
            return psycopg.connect(self.dsn, autocommit=True)
        address = urlsplit(self.url)
        return _mariadb_driver().connect(
            host=address.hostname or "127.0.0.1",
            port=address.port or 3306,
            user=unquote(address.username or "root"),
            password=unquote(address.password or ""),
            database=self.name,
            autocommit=True,
        )

    def settle(self) -> None:
        """Let the server finish what filling left to do, so that runs start alike."""
        if self.kind != "postgresql":
            return
        with self.connect() as connection:
            connection.execute("VACUUM ANALYZE")
            may_checkpoint = (
                "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
            )
            if connection.execute(may_checkpoint).fetchone() == (True,):
                connection.execute("CHECKPOINT")


@cache
def server(kind: str) -> Server:
    """Return the server of this run; NoServerError tells why there is none."""
    return find_server(kind)


@contextmanager
def lent(kind: str, *, like: Database | None = None) -> Iterator[Database]:
    """Lend an empty database, or a copy of another; it is dropped afterwards."""
    name = f"{fresh_name()}_bench{next(_numbers)}"
    if kind == "redis":
        yield Database(kind, name, redis_url())
    elif kind == "sqlite":
        yield from _file(name, like)
    else:
        yield from _served(kind, name, like)


def one(connection: Any, statement: str) -> Any:
    """Return the single value that a statement gives."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        (value,) = cursor.fetchone()
        return value
    finally:
        cursor.close()


def _file(name: str, like: Database | None) -> Iterator[Database]:
    path = file_for(name)
    if like:
        shutil.copyfile(like.name, path)
    try:
        yield Database("sqlite", path)
    finally:
        import_module("tests.databases.sqlite").drop_databases(FOLDER, [name])


def _served(kind: str, name: str, like: Database | None) -> Iterator[Database]:
    found = server(kind)
    database = Database(kind, name, found.url)
    outside = replace(database, name=_MAINTENANCE[kind])
    connection = outside.connect()
    try:
        connection.cursor().execute(_creation(kind, name, like))
    finally:
        connection.close()
    try:
        yield database
    finally:
        keeper = import_module(f"tests.databases.{kind}")
        keeper.drop_databases(found.url, [name])


def _creation(kind: str, name: str, like: Database | None) -> str:
    if kind == "mariadb":
        return f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4"
    copied = f' TEMPLATE "{like.name}"' if like else ""
    return f'CREATE DATABASE "{name}"{copied}'


def _mariadb_driver() -> Any:
    return import_module("tests.databases.mariadb").use_driver()


def server_settings() -> str:
    """Return PostgreSQL's version and the settings that its figures depend on."""
    outside = Database("postgresql", "postgres", server("postgresql").url)
    with outside.connect() as connection:
        shown = [f"{name} {one(connection, f'SHOW {name}')}" for name in _SETTINGS]
    return f"PostgreSQL {server('postgresql').version}: {', '.join(shown)}"


def has(kind: str) -> bool:
    """Tell whether a database of this kind can be had here."""
    if kind == "sqlite":
        return True
    try:
        return bool(redis_url()) if kind == "redis" else bool(server(kind))
    except NoServerError:
        return False


def drop_stale() -> None:
    """Drop what killed runs left behind."""
    drop_leftovers("sqlite", FOLDER)
    for kind in ("postgresql", "mariadb"):
        if has(kind):
            drop_leftovers(kind, server(kind).url)
