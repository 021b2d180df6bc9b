"""A PostgreSQL of our own, on its own port, that may be stopped, killed and filled."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any, Final, Self

import psycopg

from tests.databases.postgresql import make_cluster, system_programs, wheel_programs
from tests.databases.servers import NoServerError
from tests.databases.throwaway import ThrowAway, free_port

ROLE: Final = "pyjobkit"
DATABASE: Final = "faults"
PATIENCE_S: Final = 60.0
_OPTIONS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "autovacuum_naptime": "5s",
}


class OwnServer:
    """Starts with the block and ends with it; workers log in as a role without powers.

    It syncs its log like any other: what a crash may not lose must be on the disk.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self._home = ThrowAway("faults", accounts=("postgres", "nobody"))
        try:
            programs, copied = system_programs(), None
        except NoServerError:
            programs, copied = wheel_programs()
        self._programs, self._data = make_cluster(self._home, programs, copied)
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        self.do(f"CREATE ROLE {ROLE} LOGIN", database="postgres")
        self.do(f"CREATE DATABASE {DATABASE} OWNER {ROLE}", database="postgres")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)

    @property
    def entry(self) -> dict[str, Any]:
        """The entry in DATABASES."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": ROLE,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
        }

    def start(self) -> None:
        """Start, and return once it lets people in."""
        options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
        program = self._programs / "postgres"
        arguments = ("-D", self._data, f"--port={self.port}", *options)
        self._keeper = self._home.spawn(program, *arguments, stop_signal="QUIT")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.do("SELECT 1", database="postgres")
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT rolls back and says good-bye, SIGQUIT falls over."""
        if self._keeper is None or self._keeper.stdin is None:
            return
        pid_file = self._data / "postmaster.pid"
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pid_file.read_text().split()[0]), how)
        while pid_file.exists():
            time.sleep(0.02)
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper = None

    def do(self, *statements: str, database: str = DATABASE) -> None:
        """Do something that only an administrator may."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            options="-c default_transaction_read_only=off",
            connect_timeout=5,
        ) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def cut_everybody(self) -> None:
        """Terminate every session of the workers and of the suite."""
        self.do(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE usename = '{ROLE}'"
        )
