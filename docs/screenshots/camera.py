"""The browser that looks at the pages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from docs.screenshots.album import Picture, pictures

IMAGES: Final = Path(__file__).parents[1] / "img"


def take(
    browser: str, address: str, paths: Mapping[str, str], *, wanted: Sequence[str]
) -> None:
    """Take each page whose picture's name contains one of ``wanted``, or all."""
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


def _at_rest(page: Any) -> None:
    page.wait_for_selector("[aria-busy=true]", state="detached")


def _counted(page: Any) -> None:
    page.wait_for_selector("[data-count]:not(:empty)")


def _live(page: Any) -> None:
    page.wait_for_selector('[data-live-state="live"]:not([hidden])')


def _asked(page: Any, operation: str) -> None:
    _live(page)
    page.click(f'.pyjobkit-operations [formaction*="/{operation}/"]')
    page.wait_for_selector("[name=confirmed]", state="attached")


def _ordered(page: Any) -> None:
    page.click(".pyjobkit-orders button")
    page.wait_for_selector("[name=order]", state="attached")


def _waiting(page: Any) -> None:
    page.get_by_role("button", name="Order the report").click()
    page.wait_for_selector("#job[data-status=queued]")


def _in_trouble(page: Any) -> None:
    page.evaluate("() => { window.fetch = () => Promise.reject(new Error()); }")
    page.wait_for_selector(".pyjobkit-state-trouble")


def _loading(page: Any) -> None:
    page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
    page.click('[data-range="24h"]')
    page.wait_for_selector("[aria-busy=true]")


#: What has to happen to a page before its picture is taken.
STATES: Final[Mapping[str, Callable[[Any], None]]] = {
    "job-list": _counted,
    "job-running": _live,
    "job-failed": _live,
    "job-hostile": _live,
    "job-requeue": partial(_asked, operation="requeue"),
    "job-delete": partial(_asked, operation="delete"),
    "job-order": _ordered,
    "site-ordered": _waiting,
    "workers": _live,
    "job-list-failed": _counted,
    "job-list-nothing": _counted,
    "job-list-empty": _counted,
    "job-list-hostile": _counted,
    "dashboard-trouble": _in_trouble,
    "dashboard-loading": _loading,
}


def _shoot(chromium: Any, picture: Picture, **options: Any) -> None:
    window = chromium.new_context(**picture.options, **options)
    page = window.new_page()
    page.on("pageerror", lambda error: sys.stdout.write(f"  ! {error}\n"))
    page.goto(picture.path)
    # A page that refreshes itself is never idle for long; loaded is enough.
    page.wait_for_load_state("load")
    STATES.get(picture.page, _at_rest)(page)
    page.screenshot(
        path=IMAGES / f"{picture.name}.png",
        full_page=picture.is_whole,
        animations="disabled",
    )
    window.close()
    sys.stdout.write(f"  docs/img/{picture.name}.png\n")
    sys.stdout.flush()
