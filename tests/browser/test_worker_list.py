"""The list of workers while one of them works."""

from __future__ import annotations

import pytest

from tests.browser.axe import violations
from tests.marks import on_sqlite

pytestmark = [pytest.mark.once, on_sqlite]

WORKERS = "/admin/pyjobkit_django/workerrecord/"
#: Far more than it takes on a loaded machine, in milliseconds.
PATIENCE_MS = 40_000


def test_a_worker_shows_what_it_runs_and_asks_before_it_drains(
    served, open_admin, complaints
):
    page = open_admin(WORKERS)
    page.get_by_text("Live", exact=True).wait_for()
    job_id = served.enqueue("reports.sales", {"name": "shown", "pace_s": 0.2})
    link = page.locator(f'a.pyjobkit-current[href*="{job_id}"]')
    link.wait_for(timeout=PATIENCE_MS)

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Drain").click()
    page.get_by_role("button", name="Yes, drain it").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="No, take me back").click()
    page.wait_for_url(f"**{WORKERS}")
    assert complaints == []
