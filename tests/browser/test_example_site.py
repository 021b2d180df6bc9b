from __future__ import annotations

from pathlib import Path

import pytest

from tests.marks import on_sqlite

pytestmark = [pytest.mark.slow, on_sqlite]

#: Far more than it takes on a loaded machine, in milliseconds.
PATIENCE_MS = 40_000
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
PAGES = ["/", "/order/", "/reports/", "/notices/"]


def _order(page, *, name="june", pace="0.2"):
    page.get_by_label("Name").fill(name)
    page.get_by_label("Month").select_option("2026-06")
    page.get_by_label("Country").select_option(label="Germany")
    page.get_by_label("Pace").select_option(pace)
    page.get_by_role("button", name="Order the report").click()
    page.wait_for_selector("#job")


def _wait_until(page, status):
    page.wait_for_selector(f'#job[data-status="{status}"]', timeout=PATIENCE_MS)


def test_an_order_is_watched_to_its_end_and_fetched_without_a_reload(
    open_page, complaints
):
    page = open_page("/order/")
    _order(page)
    page.evaluate(
        """() => {
            window.seen = new Set();
            const bar = document.querySelector("progress");
            new MutationObserver(() => window.seen.add(bar.value))
                .observe(bar, {attributes: true});
        }"""
    )
    _wait_until(page, "success")
    seen = page.evaluate("[...window.seen]")

    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert page.get_by_role("status").first.inner_text() == "The report is ready."
    assert page.title() == "success: june · Deskware"
    assert not page.get_by_role("button", name="Cancel it").is_visible()

    with page.expect_download() as fetched:
        page.get_by_role("link", name="Download the report").click()
    assert fetched.value.suggested_filename == "june.md"
    text = Path(fetched.value.path()).read_text(encoding="utf-8")
    assert text.startswith("# Sales, DE, 2026-06")
    assert page.locator('[data-slot="revenue"]').inner_text() in text
    assert complaints == []


def test_an_order_is_found_in_the_admin_with_its_log(open_page, open_admin, complaints):
    page = open_page("/order/")
    _order(page, name="for-the-admin", pace="0")
    _wait_until(page, "success")

    leads_there = page.get_by_role("link", name="See the job in the admin")
    address = leads_there.get_attribute("href")

    admin = open_admin("/admin/pyjobkit_django/job/")
    admin.locator(f'#result_list a[href^="{address}"]').first.click()
    admin.wait_for_selector('.pyjobkit-job[data-status="success"]')

    assert admin.get_by_text("for-the-admin").first.is_visible()
    assert admin.get_by_text("rows skipped").first.is_visible()
    assert complaints == []


def test_a_form_that_is_sent_twice_at_once_is_one_order(open_page, complaints):
    page = open_page("/order/")
    page.get_by_label("Name").fill("twice")
    leads_to = page.evaluate(
        """async () => {
            const form = document.querySelector("main form");
            const send = () => fetch("", {method: "POST", body: new FormData(form)});
            const answers = await Promise.all([send(), send()]);
            return answers.map((answer) => answer.url);
        }"""
    )
    page.goto("/reports/")

    assert leads_to[0] == leads_to[1]
    assert page.get_by_role("link", name="twice", exact=True).count() == 1
    assert complaints == []


def test_an_order_can_be_cancelled(open_page, complaints):
    page = open_page("/order/")
    _order(page, pace="1")
    _wait_until(page, "running")
    page.get_by_role("button", name="Cancel it").click()
    _wait_until(page, "cancelled")

    assert page.get_by_text("there is no report").is_visible()
    assert complaints == []


def test_a_notice_arrives_while_one_looks(open_page, complaints):
    page = open_page("/notices/")
    page.get_by_role("button", name="Send a notice").click()

    page.get_by_text("signature verified").first.wait_for(timeout=PATIENCE_MS)
    assert complaints == []


def test_without_scripts_the_page_comes_to_the_same_end(open_page):
    page = open_page("/order/", java_script_enabled=False)
    _order(page, pace="0")

    page.get_by_role("link", name="Download the report").wait_for(timeout=PATIENCE_MS)


def test_the_keyboard_alone_will_do(open_page):
    page = open_page("/order/")
    page.keyboard.press("Tab")
    assert page.get_by_role("link", name="Skip to the content").is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("-by-keyboard")
    page.keyboard.press("Enter")
    page.wait_for_selector("#job")

    assert "by-keyboard" in page.get_by_role("heading", level=1).inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(open_page, complaints, scheme):
    page = open_page("/order/", color_scheme=scheme, **PHONE)
    _order(page, name="a-name-of-24-characters-", pace="0")
    _wait_until(page, "success")
    for path in [page.url, *PAGES]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path

    assert complaints == []
