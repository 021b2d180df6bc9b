"""The list of jobs while jobs come, run and end."""

from __future__ import annotations

import pytest

from tests.browser.axe import violations
from tests.marks import on_sqlite

pytestmark = [pytest.mark.once, on_sqlite]

LIST = "/admin/pyjobkit_django/job/"
#: Far more than it takes on a loaded machine, in milliseconds.
PATIENCE_MS = 40_000


def row_of(page, job_id):
    return page.locator(f'#result_list tr[data-key="{job_id}"]')


def test_rows_move_in_place_and_keep_what_was_selected(served, open_admin, complaints):
    job_id = served.enqueue("reports.sales", {"name": "listed", "pace_s": 0.15})
    page = open_admin(LIST)
    row = row_of(page, job_id)
    row.locator("progress").wait_for(timeout=PATIENCE_MS)
    before = row.locator("progress").evaluate("(bar) => bar.value")
    row.locator("input.action-select").check()
    page.evaluate("window.untouched = true")

    row.get_by_text("success").wait_for(timeout=PATIENCE_MS)

    assert before < 100
    assert row.locator("progress").evaluate("(bar) => bar.value") == 100
    assert row.locator("input.action-select").is_checked()
    assert page.evaluate("window.untouched")
    assert complaints == []


def test_new_jobs_wait_until_nobody_is_about_to_act(served, open_admin, complaints):
    first = served.enqueue("reports.sales", {"name": "first", "pace_s": 0})
    page = open_admin(LIST)
    row_of(page, first).locator("input.action-select").check()

    second = served.enqueue("reports.sales", {"name": "second", "pace_s": 0})
    page.get_by_role("button", name="Show 1 new job").click()
    row_of(page, second).wait_for()
    assert row_of(page, first).locator("input.action-select").is_checked()
    assert "1 of" in page.locator(".action-counter").inner_text()

    row_of(page, first).locator("input.action-select").uncheck()
    page.locator("h1").first.hover()
    page.locator("#searchbar").focus()
    third = served.enqueue("reports.sales", {"name": "third", "pace_s": 0})
    row_of(page, third).wait_for(timeout=PATIENCE_MS)
    page.locator("#action-toggle").check()
    boxes = page.locator("input.action-select")
    assert boxes.evaluate_all("(all) => all.every((box) => box.checked)")
    assert complaints == []


def test_tabs_count_and_a_list_that_was_empty_fills(served, open_admin, complaints):
    page = open_admin(f"{LIST}?status=scheduled&queue=reports")
    before = page.locator('[data-count="scheduled"]')
    before.filter(has_text="0").wait_for()

    later = served.enqueue(
        "reports.sales", {"name": "later"}, in_s=3_600, queue="reports"
    )
    row_of(page, later).wait_for(timeout=PATIENCE_MS)
    page.locator('[data-count="scheduled"]').filter(has_text="1").wait_for()

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        # The label of Django's search field is a picture of a lens.
        assert violations(page, besides=["label-title-only"]) == []
    assert complaints == []
