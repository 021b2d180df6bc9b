"""``make screenshots``: every page, light and dark, wide and narrow, into docs/img."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

import django

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "example_project"
#: How long the site may take to come up, in seconds.
PATIENCE_S: Final = 60.0
CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Take the pictures whose names contain an argument, or all."""
    browser = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if browser is None:
        sys.stderr.write(f"screenshots: none of {', '.join(CHROMIUMS)} is installed\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder))
        from docs.screenshots.album import empty_pages, hostile_pages, pages_of
        from docs.screenshots.camera import take
        from docs.screenshots.scene import Scene, clear

        scene = Scene()
        scene.write()
        with _served() as address:
            full = pages_of(scene.running.pk, scene.failed.pk)
            take(browser, address, full, wanted=sys.argv[1:])
            scene.write_hostile()
            hostile = hostile_pages(scene.hostile.pk)
            take(browser, address, hostile, wanted=sys.argv[1:])
            clear()
            take(browser, address, empty_pages(), wanted=sys.argv[1:])
    return 0


def _prepare(folder: Path) -> None:
    """Set Django up on a database of its own."""
    sys.path.insert(0, str(EXAMPLE))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'site.sqlite3'}"
    os.environ["REPORTS_DIR"] = str(folder)
    os.environ["PYJOBKIT_WEBHOOK_SECRET"] = secrets.token_hex()
    django.setup()
    from serving.preparing import prepare

    prepare()


@contextmanager
def _served() -> Iterator[str]:
    """Serve the site for as long as the block lasts."""
    from serving.ports import HOST, choose_port

    address = f"{HOST}:{choose_port('')}"
    command = [sys.executable, "manage.py", "runserver", "--noreload", address]
    server = subprocess.Popen(command, cwd=EXAMPLE, stdout=-3, stderr=-3)  # noqa: S603
    try:
        _await(f"http://{address}/")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait()


def _await(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(url):  # noqa: S310 - our own address
                return
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
