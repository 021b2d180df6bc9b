"""MariaDB (or MySQL) for the tests."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.databases.servers import (
    NoServerError,
    Server,
    Source,
    url_from_environment,
)
from tests.databases.throwaway import ThrowAway, free_port

_SERVER_OPTIONS = {
    "bind-address": "127.0.0.1",
    "max-connections": "300",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "0",
    "innodb-buffer-pool-size": "256M",
    "skip-log-bin": "1",
}


def use_driver() -> Any:
    """Return MySQLdb: mysqlclient where it is installed, else PyMySQL in its place."""
    try:
        import MySQLdb  # noqa: PLC0415 - which driver there is, is the question
    except ImportError:
        import pymysql  # noqa: PLC0415 - the same

        pymysql.install_as_MySQLdb()
        return pymysql
    return MySQLdb


def from_url() -> Server:
    """Return the server that the environment names."""
    url = url_from_environment("mariadb", "mysql:", "mariadb:")
    return _reach(url, "named by the environment")


def from_loopback() -> Server:
    """Return a server on this machine that lets root in without a password."""
    return _reach("mysql://root@127.0.0.1:3306/", "on loopback")


def from_system() -> Server:
    """Start a server from binaries that are installed here."""
    program = _find("mariadbd") or _find("mysqld")
    if program is None:
        raise NoServerError("neither mariadbd nor mysqld is installed")
    server = ThrowAway("mariadb", accounts=("mysql", "nobody"))
    data = server.folder / "data"
    _initialise(server, program, data)
    port = free_port()
    server.start(
        program,
        *("--no-defaults", f"--datadir={data}", f"--port={port}"),
        *(f"--socket={server.folder}/socket", f"--pid-file={server.folder}/pid"),
        *(f"--{name}={value}" for name, value in _SERVER_OPTIONS.items()),
        stop_signal="KILL",
    )
    url = f"mysql://root@127.0.0.1:{port}/"
    return server.wait_until_ready(
        lambda: _reach(url, f"started for this run from {program}")
    )


SOURCES: Mapping[str, Source] = {
    "url": from_url,
    "loopback": from_loopback,
    "system": from_system,
}


def create_database(url: str, name: str) -> None:
    """Create a database."""
    _query(url, f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")


def drop_databases(url: str, names: list[str]) -> None:
    """Drop databases."""
    for name in names:
        _query(url, f"DROP DATABASE IF EXISTS `{name}`")


def list_databases(url: str) -> list[str]:
    """Return the names of the server's databases."""
    return [name for (name,) in _query(url, "SHOW DATABASES")]


def _reach(url: str, origin: str) -> Server:
    try:
        ((version,),) = _query(url, "SELECT VERSION()")
    except use_driver().MySQLError as error:
        raise NoServerError(str(error.args[-1])) from None
    return Server(url, version.partition("-")[0], origin)


def _query(url: str, statement: str) -> list[tuple[Any, ...]]:
    address = urlsplit(url)
    connection = use_driver().connect(
        host=address.hostname,
        port=address.port or 3306,
        user=unquote(address.username or "root"),
        password=unquote(address.password or ""),
        connect_timeout=5,
    )
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall())
    finally:
        connection.close()


def _find(program: str) -> Path | None:
    places = "/usr/sbin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin"
    found = shutil.which(program) or shutil.which(program, path=places)
    return Path(found) if found else None


def _initialise(server: ThrowAway, program: Path, data: Path) -> None:
    if install := _find("mariadb-install-db"):
        server.prepare(
            install,
            *("--no-defaults", f"--datadir={data}", "--skip-test-db"),
            "--auth-root-authentication-method=normal",
        )
    else:
        server.prepare(
            program, "--no-defaults", "--initialize-insecure", f"--datadir={data}"
        )
