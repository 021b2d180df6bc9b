"""The dashboard in a browser, beside a worker of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from serving.ports import choose_port

from tests.browser.axe import violations

pytestmark = [pytest.mark.once, pytest.mark.timeout(120)]

EXAMPLE = Path(__file__).resolve().parents[2] / "example_project"
PATIENCE_MS = 40_000
PAGE = "/admin/pyjobkit_django/dashboard/"
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def site(browser, folder):
    """The address of the example site, without a worker."""
    program = "import django; django.setup(); from serving.preparing import prepare"
    run(folder, "-c", f"{program}; prepare()")
    address = f"127.0.0.1:{choose_port('')}"
    command = [sys.executable, "manage.py", "runserver", "--noreload", address]
    log = (folder / "site.log").open("wb")
    server = subprocess.Popen(
        command, cwd=EXAMPLE, env=environment(folder), stdout=log, stderr=log
    )
    try:
        until_it_listens(address)
        yield f"http://{address}"
    finally:
        server.kill()
        server.wait()
        log.close()


@pytest.fixture(scope="module")
def session(browser, site):
    """The cookies of somebody who is logged in."""
    window = browser.new_context(base_url=site)
    page = window.new_page()
    page.goto("/admin/login/?next=/admin/")
    page.fill("#id_username", "demo")
    page.fill("#id_password", "demo")
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    state = window.storage_state()
    window.close()
    return state


@pytest.fixture
def look(open_page, session):
    def look(path=PAGE, **options):
        page = open_page(path, storage_state=session, **options)
        page.wait_for_selector(".pyjobkit-dash[data-ready]")
        return page

    return look


def environment(folder):
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "REPORTS_DIR": str(folder),
    }


def run(folder, *arguments):
    """Run a program on the site's database."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=EXAMPLE,
        env=environment(folder),
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr


def until_it_listens(address):
    host, port = address.split(":")
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the site did not come up"
            time.sleep(0.05)
        else:
            return


def test_a_job_that_runs_shows_up_without_a_reload(look, folder, complaints):
    # The minute under way has no bar in the hour, but is a part of the day.
    page = look(f"{PAGE}?range=24h")
    page.evaluate("window.stayed = true")
    assert page.locator("canvas").count() == 3
    assert page.locator(".pyjobkit-no-runs").is_visible()
    assert page.locator(".pyjobkit-dash").get_attribute("data-runs") == "0"
    payload = json.dumps({"name": "x", "month": "2026-06", "country": "DE"})

    run(
        folder,
        "manage.py",
        "pyjobkit_enqueue",
        "reports.sales",
        payload,
        "--queue",
        "reports",
    )
    # A worker that stops hands on the minute under way.
    run(folder, "manage.py", "pyjobkit_worker", "--once", "--no-reload")

    # A condition in a script would be evaluated, which the site's policy forbids.
    page.wait_for_selector(
        '.pyjobkit-dash[data-runs]:not([data-runs="0"])', timeout=PATIENCE_MS
    )
    assert page.evaluate("window.stayed")
    assert page.locator('[data-part="kinds"]').get_by_text("reports.sales").is_visible()
    assert not page.locator(".pyjobkit-no-runs").is_visible()
    page.get_by_text("The charts as a table").click()
    page.wait_for_selector(".pyjobkit-numbers tbody tr")
    assert complaints == []
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(look, scheme):
    assert violations(look(color_scheme=scheme)) == []


def test_another_range_is_fetched_and_told(look, complaints):
    page = look()
    with page.expect_response(lambda answer: "range=24h" in answer.url):
        page.get_by_role("link", name="24 hours").click()

    page.wait_for_selector(".pyjobkit-charts:not([aria-busy])")
    assert page.url.endswith("?range=24h")
    assert page.get_by_role("link", name="24 hours").get_attribute("aria-current")
    page.go_back()
    page.wait_for_selector('[data-range="1h"][aria-current]')
    assert complaints == []


def test_trouble_is_told_and_so_is_its_end(look):
    page = look()
    page.route("**/data/**", lambda route: route.abort())
    page.wait_for_selector(".pyjobkit-state-trouble", timeout=PATIENCE_MS)
    assert "could not be fetched" in page.get_by_role("status").inner_text()

    page.unroute("**/data/**")
    page.get_by_role("link", name="7 days").click()
    page.get_by_text("The numbers are up to date again.").wait_for()
    assert page.locator(".pyjobkit-state-trouble").count() == 0


def test_the_theme_of_the_admin_is_that_of_the_charts(look, complaints):
    page = look(color_scheme="light")
    first = page.evaluate("document.querySelector('canvas')")
    colour = (
        "getComputedStyle(document.documentElement).getPropertyValue('--pyjobkit-p50')"
    )
    light = page.evaluate(colour)
    page.evaluate("document.querySelector('canvas').dataset.old = 'true'")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")

    page.wait_for_selector("canvas:not([data-old])")
    assert first is not None
    assert page.evaluate(colour) != light
    assert complaints == []


def test_it_is_no_wider_than_a_phone(look, complaints):
    page = look(**PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


def test_it_needs_nothing_inline_and_nothing_from_elsewhere(look, complaints):
    page = look()

    def with_policy(route):
        answer = route.fetch()
        policy = {"content-security-policy": "default-src 'self'"}
        route.fulfill(response=answer, headers={**answer.headers, **policy})

    page.route(f"**{PAGE}", with_policy)
    with page.expect_response("**/dashboard/data/**"):
        page.reload()

    assert page.locator("canvas").count() == 3
    assert complaints == []
