"""System checks: faults in the settings are told at start, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.conf import settings as site
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, connections, router

from pyjobkit_django import executors
from pyjobkit_django.conf import read
from pyjobkit_django.errors import PyjobkitError
from pyjobkit_django.models import Job
from pyjobkit_django.runtime import site_executors

SUPPORTED: Final = ("postgresql", "mysql", "sqlite")
#: How many connections psycopg's pool has where nobody says.
POOL_SIZE: Final = 4
#: How many of a pool a worker may hold at its default concurrency: one for each slot, and
#: for claiming, settling, leases, upkeep and logs.
WORKER_CONNECTIONS: Final = 8 + 5


def register_checks() -> None:
    """Register them."""
    checks.register(check_settings, checks.Tags.compatibility)
    checks.register(check_database, checks.Tags.compatibility)


def check_settings(**_: Any) -> list[CheckMessage]:
    """Report what PYJOBKIT says wrongly, and executors that cannot be made."""
    settings, faults = read(getattr(site, "PYJOBKIT", {}))
    found: list[CheckMessage] = [Error(fault, id="pyjobkit.E001") for fault in faults]
    try:
        made = site_executors(settings)
    except PyjobkitError as error:
        return [*found, Error(str(error), id="pyjobkit.E002")]
    found += _check_subprocess(made)
    kinds = [executor.kind for executor in made]
    taken = {kind for kind in kinds if kinds.count(kind) > 1}
    return found + [
        Error(
            f"two executors run the kind {kind!r}; give one another kind",
            id="pyjobkit.E003",
        )
        for kind in sorted(taken)
    ]


def check_database(**_: Any) -> list[CheckMessage]:
    """Report settings of the site under which jobs would come late, or get lost."""
    alias = router.db_for_write(Job)
    if alias not in connections:
        return [
            Error(
                f"jobs go to the database {alias!r}, which is not in DATABASES",
                hint="Add it there, or take its router out of DATABASE_ROUTERS.",
                id="pyjobkit.E006",
            )
        ]
    connection = connections[alias]
    found = list(_check_times(alias, connection))
    if connection.vendor not in SUPPORTED:
        found.append(
            Error(
                f"DATABASES[{alias!r}]: jobs are kept in PostgreSQL, MySQL, MariaDB or "
                f"SQLite, not {connection.display_name}",
                hint="Name a supported database and route jobs to it with JobsRouter.",
                id="pyjobkit.E006",
            )
        )
    found += _check_options(alias, connection)
    if alias != DEFAULT_DB_ALIAS:
        found.append(
            checks.Warning(
                f"jobs go to the database {alias!r}: a job enqueued in a transaction of "
                f"another database is not rolled back with it",
                hint="Enqueue in transaction.on_commit where that matters, then silence this.",
                id="pyjobkit.W002",
            )
        )
    return found


def _check_subprocess(made: Iterable[Any]) -> Iterator[CheckMessage]:
    for executor in made:
        unrestricted = isinstance(executor, executors.SubprocessExecutor) and (
            executor.allow_list is None
        )
        if unrestricted and not site.DEBUG:
            yield checks.Warning(
                "subprocess runs any command: whoever can enqueue a job can run code "
                "as the worker",
                hint="Give it allowed_commands in PYJOBKIT['EXECUTORS'].",
                id="pyjobkit.W003",
            )


def _check_times(alias: str, connection: Any) -> Iterator[CheckMessage]:
    if not site.USE_TZ:
        yield Error(
            "USE_TZ is False: times without a zone would mean another moment elsewhere",
            hint="Set USE_TZ = True.",
            id="pyjobkit.E004",
        )
    elif (
        connection.settings_dict.get("TIME_ZONE") not in (None, "UTC")
        # PostgreSQL keeps moments, whatever the zone of the session.
        and not connection.features.supports_timezones
    ):
        yield Error(
            f"DATABASES[{alias!r}]['TIME_ZONE']: jobs compare stored times with the "
            f"database's own clock, in UTC",
            hint="Remove it, or route jobs to a database without it.",
            id="pyjobkit.E005",
        )


def _check_options(alias: str, connection: Any) -> Iterator[CheckMessage]:
    options = connection.settings_dict.get("OPTIONS", {})
    if connection.vendor == "sqlite":
        yield from _check_sqlite(alias, options)
    if connection.vendor == "postgresql":
        yield from _check_pool(alias, options.get("pool"))


def _check_sqlite(alias: str, options: dict[str, Any]) -> Iterator[CheckMessage]:
    if str(options.get("transaction_mode", "")).upper() not in (
        "IMMEDIATE",
        "EXCLUSIVE",
    ):
        yield checks.Warning(
            f"DATABASES[{alias!r}]: writers of SQLite fail with 'database is locked' "
            f"unless their transactions begin as such",
            hint="Set OPTIONS = {'transaction_mode': 'IMMEDIATE', 'timeout': 20, "
            "'init_command': 'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;'}.",
            id="pyjobkit.W001",
        )


def _check_pool(alias: str, pool: Any) -> Iterator[CheckMessage]:
    if not pool:
        return
    given = pool if isinstance(pool, Mapping) else {}
    size = given.get("max_size") or given.get("min_size", POOL_SIZE)
    if size < WORKER_CONNECTIONS:
        yield checks.Warning(
            f"DATABASES[{alias!r}]: the pool has {size} connections, and a worker with 8 "
            f"slots may hold {WORKER_CONNECTIONS}: jobs would wait for one until their "
            f"leases end",
            hint="Give workers settings without a pool, or set its max_size to 5 more than "
            "--concurrency.",
            id="pyjobkit.W004",
        )
