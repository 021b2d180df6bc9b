"""Run the tests on every database and Django, or on some of them.

What follows ``--`` goes to pytest: ``--only 6.1-postgresql -- -k claim``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.databases import NoServerError, Server, find_server
from tests.databases.leftovers import drop_leftovers
from tests.databases.servers import SERVED, url_variable
from tests.databases.sqlite import FOLDER
from tests.matrix.cells import CELLS, Cell
from tests.matrix.chromium import MISSING, find_chromium
from tests.matrix.djangos import django_path
from tests.matrix.fetching import NotFetchedError
from tests.matrix.pyjobkit import RELEASE, fetch_pyjobkit
from tests.matrix.report import show_result, show_summary
from tests.matrix.runs import Runner

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache"
COVERAGE = CACHE / "coverage"
#: The tests of a cell wait about half of the time.
ABREAST = 2 * (os.cpu_count() or 1)


def main() -> int:
    """Run the chosen cells; return 0 if they passed and cover the package."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("matrix: terminated"))
    options = _parse(sys.argv[1:])
    cells = [cell for cell in CELLS if not options.only or cell.name in options.only]
    servers, no_server = _find_servers(cells)
    paths, no_django = _find_djangos(cells)
    missing = {
        **no_server,
        **no_django,
        **_find_pyjobkit(),
        **_find_browser(cells),
    }
    environments = {
        cell: _environment(cell, servers, paths[cell.django])
        for cell in cells
        if cell.database not in no_server and cell.django in paths
    }
    shutil.rmtree(COVERAGE, ignore_errors=True)
    COVERAGE.mkdir(parents=True, exist_ok=True)
    results = []
    for result in Runner(ROOT, abreast=ABREAST).run(environments, options.pytest):
        show_result(result)
        results.append(result)
    covered = bool(options.only or options.pytest) or _is_covered()
    show_summary(results, servers, missing)
    return 0 if covered and all(result.passed for result in results) else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    names = [cell.name for cell in CELLS]
    parser.add_argument(
        "--only", action="append", choices=names, help="run this cell; may be repeated"
    )
    parser.add_argument("pytest", nargs="*", help="arguments of pytest, after --")
    return parser.parse_args(arguments)


def _find_servers(cells: Sequence[Cell]) -> tuple[dict[str, Server], dict[str, str]]:
    servers, missing = {}, {}
    drop_leftovers("sqlite", FOLDER)
    for database in {cell.database for cell in cells}.intersection(SERVED):
        try:
            servers[database] = find_server(database)
        except NoServerError as fault:
            missing[database] = str(fault)
        else:
            drop_leftovers(database, servers[database].url)
    return servers, missing


def _find_djangos(cells: Sequence[Cell]) -> tuple[dict[str, str], dict[str, str]]:
    paths, missing = {}, {}
    for release in {cell.django for cell in cells}:
        try:
            paths[release] = django_path(release, CACHE)
        except NotFetchedError as fault:
            missing[f"Django {release}"] = str(fault)
    return paths, missing


def _find_pyjobkit() -> dict[str, str]:
    try:
        fetch_pyjobkit()
    except NotFetchedError as fault:
        return {f"tests/interop on pyjobkit {RELEASE}": str(fault)}
    return {}


def _find_browser(cells: Sequence[Cell]) -> dict[str, str]:
    wanted = any(cell.variant == "browser" for cell in cells)
    return {"tests/browser": MISSING} if wanted and not find_chromium() else {}


def _environment(
    cell: Cell, servers: Mapping[str, Server], path: str
) -> dict[str, str]:
    return {
        **os.environ,
        **{url_variable(name): server.url for name, server in servers.items()},
        **cell.environment,
        "COVERAGE_FILE": str(COVERAGE / "data"),
        "PYJOBKIT_TEST_DATABASE": cell.database,
        "PYTHONPATH": os.pathsep.join(filter(None, [path, str(ROOT)])),
    }


def _is_covered() -> bool:
    environment = {**os.environ, "COVERAGE_FILE": str(COVERAGE / "data")}
    steps = (["combine", "--quiet"], ["report"])
    return all(
        not subprocess.run(
            [sys.executable, "-m", "coverage", *step],
            cwd=ROOT,
            env=environment,
            check=False,
        ).returncode
        for step in steps
    )


if __name__ == "__main__":
    sys.exit(main())
