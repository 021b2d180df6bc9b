"""What ``make demo`` runs: jobs of every kind, worked off before your eyes."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path

import django
from config.database import sqlite_url
from demonstration.stopping import stop_on

from pyjobkit_django.webhooks import SECRET_VARIABLE

OUTPUT = Path(__file__).resolve().parent / "output"


def main() -> int:
    """Show the demo; return 0 if all of it went as it should."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=OUTPUT, help="where all of it is put (output/)"
    )
    folder = parser.parse_args().folder.resolve()
    stop_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        _prepare_environment(folder)
        django.setup()
        from demonstration.show import show  # noqa: PLC0415 - needs the app registry

        return show(folder)
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped, and the worker with it.\n")
        return 130


def _prepare_environment(folder: Path) -> None:
    """Say where the site keeps its things; the worker's process inherits that."""
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("demo.sqlite3*"):
        leftover.unlink()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["DATABASE_URL"] = sqlite_url(folder / "demo.sqlite3")
    os.environ["REPORTS_DIR"] = str(folder)
    os.environ["SSH_DIR"] = str(folder / "ssh")
    os.environ[SECRET_VARIABLE] = secrets.token_hex(32)


if __name__ == "__main__":
    sys.exit(main())
