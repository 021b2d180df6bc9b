"""What the matrix prints."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from tests.databases import Server
from tests.matrix.runs import Result


def show_result(result: Result) -> None:
    """Print a line for a cell, after its whole output where it failed."""
    if not result.passed:
        print(f"\n---- {result.cell.name} ----\n{result.output}")
    ended = "passed" if result.passed else "FAILED"
    print(
        f"{result.cell.name:<16} {ended} {result.seconds:6.1f} s  {result.summary}",
        flush=True,
    )


def show_summary(
    results: Sequence[Result], servers: Mapping[str, Server], missing: Mapping[str, str]
) -> None:
    """Print what ran, what did not and why, and how many tests ended how."""
    print()
    for database in sorted({result.cell.database for result in results}):
        print(f"database: {database} {_describe(servers.get(database))}")
    for version in sorted({result.django_version for result in results}):
        print(f"django:   {version}")
    for name, fault in sorted(missing.items()):
        print(f"NOT RUN:  {name}: {fault}")
    passed, failed, errors, skipped = (
        sum(result.count(ended) for result in results)
        for ended in ("passed", "failed", "error", "skipped")
    )
    print(f"tests: {passed} passed, {failed + errors} failed, {skipped} skipped")


def _describe(server: Server | None) -> str:
    if server is None:
        return f"{sqlite3.sqlite_version}, in files of its own"
    return f"{server.version}, {server.origin}"
