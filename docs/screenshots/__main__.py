"""``make screenshots``: every page, light and dark, wide and narrow, into docs/img."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

import django

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "example_project"
IMAGES: Final = ROOT / "docs" / "img"
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
        paths = _stage(Path(folder))
        with _served() as address:
            _take(browser, address, paths, sys.argv[1:])
    return 0


def _stage(folder: Path) -> dict[str, str]:
    """Fill a database; return the path of each page."""
    sys.path.insert(0, str(EXAMPLE))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'site.sqlite3'}"
    os.environ["REPORTS_DIR"] = str(folder)
    django.setup()
    from serving.preparing import prepare

    from docs.screenshots.album import pages_of
    from docs.screenshots.counters import write_counters
    from docs.screenshots.scene import Scene

    prepare()
    scene = Scene()
    scene.write()
    write_counters(scene.now)
    return pages_of(scene.running.pk, scene.failed.pk)


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


def _take(browser: str, address: str, paths: dict[str, str], wanted: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    from docs.screenshots.album import pictures

    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser)
        session = _session(chromium, address)
        for picture in pictures(paths):
            if not wanted or any(word in picture.name for word in wanted):
                _shoot(chromium, picture, base_url=address, storage_state=session)
        chromium.close()


def _session(chromium: Any, address: str) -> Any:
    """Log in; return the cookies."""
    window = chromium.new_context(base_url=address)
    page = window.new_page()
    page.goto("/admin/login/?next=/admin/")
    page.fill("#id_username", "demo")
    page.fill("#id_password", "demo")
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    # The list of apps beside every page would take the room of what is to be seen.
    page.evaluate("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
    state = window.storage_state()
    window.close()
    return state


def _shoot(chromium: Any, picture: Any, **options: Any) -> None:
    window = chromium.new_context(**picture.options, **options)
    page = window.new_page()
    page.on("pageerror", lambda error: sys.stdout.write(f"  ! {error}\n"))
    page.goto(picture.path)
    # A page that refreshes itself is never idle for long; loaded is enough.
    page.wait_for_load_state("load")
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    page.screenshot(
        path=IMAGES / f"{picture.name}.png",
        full_page=picture.is_whole,
        animations="disabled",
    )
    window.close()
    sys.stdout.write(f"  docs/img/{picture.name}.png\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
