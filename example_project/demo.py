"""What ``make demo`` runs: three reports, made by a worker before your eyes."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path

import django
from config.database import sqlite_url

OUTPUT = Path(__file__).resolve().parent / "output"


def main() -> int:
    """Show the demo; return 0 if all of it went as it should."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=OUTPUT, help="where all of it is put (output/)"
    )
    folder = parser.parse_args().folder.resolve()
    _treat_as_ctrl_c(signal.SIGTERM, signal.SIGHUP)
    try:
        _use_fresh_database(folder)
        django.setup()
        from demonstration.show import show  # noqa: PLC0415 - needs the app registry

        return show(folder)
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped, and the worker with it.\n")
        return 130


def _treat_as_ctrl_c(*signals: int) -> None:
    for number in signals:
        signal.signal(number, signal.default_int_handler)


def _use_fresh_database(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("demo.sqlite3*"):
        leftover.unlink()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["DATABASE_URL"] = sqlite_url(folder / "demo.sqlite3")
    os.environ["REPORTS_DIR"] = str(folder)


if __name__ == "__main__":
    sys.exit(main())
