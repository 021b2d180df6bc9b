"""The page of a job while the job runs, in a browser that holds to a strict policy."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.browser.axe import violations
from tests.marks import on_sqlite
from tests.served_site import EXAMPLE, PROC

pytestmark = [pytest.mark.once, on_sqlite]

#: Far more than it takes on a loaded machine, in milliseconds.
PATIENCE_MS = 40_000
ORDERS = EXAMPLE / "reports" / "data" / "orders.csv"
SPLIT = EXAMPLE / "scripts" / "split_by_country.sh"
EVIL = "</script><script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"


def address(job_id):
    return f"/admin/pyjobkit_django/job/{job_id}/change/"


def until(page, status):
    page.wait_for_selector(
        f'.pyjobkit-job[data-status="{status}"]', timeout=PATIENCE_MS
    )


def split(folder, pause):
    return {"cmd": [str(SPLIT), str(ORDERS), str(folder), str(pause)]}


def processes_with(word):
    """Return the ids of the processes that have ``word`` in their command lines."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
    return found


def test_bar_log_and_status_move_while_one_looks(served, open_admin, complaints):
    job_id = served.enqueue("reports.sales", {"name": "watched", "pace_s": 0.2})
    page = open_admin(address(job_id))
    page.evaluate(
        """() => {
            window.untouched = true;
            window.seen = new Set();
            const note = () => {
                const bar = document.querySelector("progress");
                if (bar) window.seen.add(bar.value);
            };
            new MutationObserver(note).observe(document.body,
                {subtree: true, childList: true, attributes: true});
        }"""
    )
    page.get_by_text("1,000 of 6,000 rows").last.wait_for(timeout=PATIENCE_MS)
    until(page, "success")
    page.get_by_text("rows skipped").wait_for()

    seen = page.evaluate("[...window.seen]")
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert page.evaluate("window.untouched")
    assert page.locator("h1 .pyjobkit-success").inner_text() == "success"
    assert page.title().startswith("success · reports.sales")
    assert page.get_by_role("heading", name="Result").is_visible()
    assert page.get_by_role("button", name="Cancel").count() == 0
    assert violations(page) == []
    assert complaints == []


def test_cancelling_stops_a_real_process(served, open_admin, complaints, tmp_path):
    job_id = served.enqueue("subprocess", split(tmp_path, 30))
    page = open_admin(address(job_id))
    # A line of the log: `orders` stands in the payload, before a process runs.
    said = page.locator("[data-log-lines] li", has_text="orders").first
    said.wait_for(timeout=PATIENCE_MS)
    (pid,) = processes_with(str(tmp_path))

    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    until(page, "cancelled")

    assert not (PROC / pid).exists()
    assert complaints == []


def test_a_hostile_job_is_text(served, open_admin, complaints):
    job_id = served.enqueue("subprocess", {"cmd": ["/bin/echo", EVIL], EVIL: EVIL})
    page = open_admin(address(job_id))
    until(page, "failed")

    assert page.get_by_text("window.hurt = 1").first.is_visible()
    assert page.evaluate("window.hurt") is None
    assert page.locator("main img, #content script, #content img").count() == 0
    assert violations(page) == []
    assert complaints == []


def test_a_log_is_paused_searched_and_filtered(served, open_admin, complaints):
    job_id = served.enqueue(
        "reports.sales", {"name": "twice", "fail_times": 1}, retry_policy="fixed:0.1"
    )
    page = open_admin(address(job_id))
    until(page, "success")
    lines = page.locator("[data-log-lines] li")
    page.get_by_text("rows skipped").wait_for()
    total = lines.count()
    shown = page.locator("[data-log-lines] section:not([hidden]) li:not([hidden])")

    page.get_by_label("Search").fill("WAREHOUSE")
    assert shown.count() == 1
    assert page.get_by_text(f"1 of {total} lines").is_visible()
    page.get_by_label("Search").fill("")
    page.get_by_label("Stream").select_option("stderr")
    assert 1 < shown.count() < total
    page.get_by_label("Run").select_option("1")
    assert shown.count() == 1
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Pause").get_attribute("aria-pressed")
    assert page.get_by_text("Paused; new lines").is_visible()
    assert complaints == []


def test_json_is_folded_and_copied_digit_by_digit(served, open_admin, complaints):
    payload = {"name": "x", "only": {"big": 9007199254740993, "deep": [1, {"a": 2}]}}
    job_id = served.enqueue("reports.sales", payload)
    page = open_admin(
        address(job_id), permissions=["clipboard-read", "clipboard-write"]
    )
    until(page, "failed")
    part = page.locator('[data-key="part-payload"]')

    part.locator("summary", has_text='"deep": [').click()
    assert not part.get_by_text('"a": 2').is_visible()
    part.get_by_role("button", name="Copy").click()
    part.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")

    assert "9007199254740993" in copied
    assert '"a": 2' in copied
    assert complaints == []


def test_a_page_says_when_it_is_not_live_and_comes_back(served, open_admin):
    job_id = served.enqueue("reports.sales", {"name": "cut"}, in_s=3_600)
    page = open_admin(address(job_id))
    page.get_by_text("Live", exact=True).wait_for()

    page.context.set_offline(True)
    page.get_by_text("Not live: the site does not answer.").wait_for()
    page.context.set_offline(False)
    page.get_by_text("Live", exact=True).wait_for(timeout=PATIENCE_MS)

    page.context.clear_cookies()
    page.get_by_text("Not live: you are signed out").wait_for()


def test_a_viewer_sees_a_job_and_can_do_nothing_to_it(served, open_as_viewer):
    job_id = served.enqueue("reports.sales", {"name": "seen", "fail_times": 1})
    page = open_as_viewer(address(job_id))
    page.get_by_text("seen").first.wait_for()
    page.get_by_text("Live", exact=True).wait_for()
    for name in ("Cancel", "Run now", "Requeue", "Delete", "Clone", "Save"):
        assert page.get_by_role("button", name=name).count() == 0
        assert page.get_by_role("link", name=name, exact=True).count() == 0

    page.goto("/admin/pyjobkit_django/job/")
    page.locator(f'tr[data-key="{job_id}"]').wait_for()
    assert page.locator("select[name=action], button[formaction]").count() == 0
    answer = page.request.post(address(job_id).replace("change", "delete"))
    assert answer.status == 403


def test_it_fits_a_phone_and_reads_well(served, open_admin, complaints):
    job_id = served.enqueue(
        "reports.sales", {"name": "phone", "fail_times": 1}, max_attempts=1
    )
    page = open_admin(address(job_id), viewport={"width": 390, "height": 844})
    until(page, "failed")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    assert complaints == []
