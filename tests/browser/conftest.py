from __future__ import annotations

import pytest

from tests.matrix.chromium import MISSING, find_chromium
from tests.served_site import ServedSite


@pytest.fixture(scope="session")
def browser():
    """The system's chromium, without a window."""
    path = find_chromium()
    if path is None:
        pytest.skip(MISSING)
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def served(browser, tmp_path_factory):
    """The example site, with a worker beside it."""
    with ServedSite(tmp_path_factory.mktemp("site")) as served:
        assert served.url
        yield served


@pytest.fixture(scope="session")
def site(served):
    """The address of the example site."""
    return served.url


@pytest.fixture
def complaints():
    """What the browser did not like: errors of scripts, of loading, from elsewhere."""
    return []


@pytest.fixture
def open_page(browser, site, complaints):
    """Open pages of the site in a window of their own; keywords are those of a context."""
    windows = []

    def open_page(path, **options):
        window = browser.new_context(base_url=site, **options)
        windows.append(window)
        page = window.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _hear(line, complaints))
        page.on("request", lambda request: _look(request, site, complaints))
        page.goto(path)
        return page

    yield open_page
    for window in windows:
        window.close()


@pytest.fixture(scope="session")
def signed_in(browser, site):
    """The cookies of the demo user, who may do everything in the admin."""
    return _sign_in(browser, site, "demo", "demo")


@pytest.fixture
def open_admin(open_page, signed_in):
    """Open pages as the demo user."""

    def open_admin(path, **options):
        return open_page(path, storage_state=signed_in, **options)

    return open_admin


@pytest.fixture
def open_as_viewer(browser, served, open_page):
    """Open pages of the admin as someone who may see jobs and workers, no more."""
    served.add_viewer("viewer", "only looks")
    cookies = _sign_in(browser, served.url, "viewer", "only looks")

    def open_as_viewer(path):
        return open_page(path, storage_state=cookies)

    return open_as_viewer


def _sign_in(browser, site, name, password):
    window = browser.new_context(base_url=site)
    page = window.new_page()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    cookies = window.storage_state()
    window.close()
    return cookies


def _hear(line, complaints):
    # The admin has no icon; browsers ask for one.
    is_icon = line.location.get("url", "").endswith("/favicon.ico")
    if line.type in ("error", "warning") and not is_icon:
        complaints.append(line.text)


def _look(request, site, complaints):
    if not request.url.startswith(site):
        complaints.append(f"asks for {request.url}")
