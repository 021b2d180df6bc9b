"""Ten thousand failed jobs are requeued from the list."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.browser.axe import violations
from tests.marks import on_sqlite

pytestmark = [pytest.mark.once, on_sqlite]

LIST = "/admin/pyjobkit_django/job/"
#: No executor runs it, so that what was requeued stays queued.
KIND = "nobody.runs"
MANY = 10_000
#: Far more than it takes on a loaded machine, in milliseconds.
PATIENCE_MS = 40_000


@pytest.fixture
def many_failed(served):
    """Make failed jobs of one that is cancelled; take them away again."""
    origin = served.enqueue(KIND, {}, in_s=3_600).replace("-", "")
    with closing(sqlite3.connect(served.database, timeout=20)) as database:
        columns = database.execute("SELECT * FROM pyjobkit_django_job").description
        names = [name for name, *_ in columns]
        values = ", ".join(
            {
                "id": "printf('0000000000007000800000%010x', n)",
                "status": "'failed'",
                "finished_at": "created_at",
            }.get(name, f"job.{name}")
            for name in names
        )
        database.execute(
            f"INSERT INTO pyjobkit_django_job ({', '.join(names)}) "
            "WITH RECURSIVE counted(n) AS "
            f"(SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {MANY}) "
            f"SELECT {values} FROM counted, pyjobkit_django_job AS job WHERE job.id = ?",
            [origin],
        )
        database.execute("DELETE FROM pyjobkit_django_job WHERE id = ?", [origin])
        database.commit()
        yield
        database.execute("DELETE FROM pyjobkit_django_job WHERE kind = ?", [KIND])
        database.commit()


@pytest.mark.usefixtures("many_failed")
def test_a_filter_of_many_failed_jobs_is_requeued(open_admin, complaints):
    page = open_admin(f"{LIST}?status=failed&kind={KIND}")
    page.locator('[data-count="failed"]').filter(has_text="10,000").wait_for()
    assert page.locator("#result_list tbody tr").count() == 100

    page.get_by_role("button", name="Requeue…").click()
    assert page.get_by_role("cell", name="10,000").is_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    page.get_by_role("button", name="Yes, all of them").click()
    page.get_by_text("10,000 jobs moved").first.wait_for(timeout=PATIENCE_MS)
    page.wait_for_selector('.pyjobkit-job[data-status="success"]', timeout=PATIENCE_MS)

    page.goto(f"{LIST}?kind={KIND}")
    page.locator('[data-count="queued"]').filter(has_text="10,000").wait_for()
    assert page.locator('[data-count="failed"]').inner_text() == "0"
    assert complaints == []


def test_a_payload_is_edited_and_enqueued_anew(served, open_admin, complaints):
    job_id = served.enqueue("reports.sales", {"name": "first"}, in_s=3_600)
    page = open_admin(f"{LIST}{job_id}/change/")
    page.get_by_role("link", name="Clone").click()
    field = page.get_by_label("Payload")
    assert violations(page) == []
    field.fill('{"name": "clone"')
    page.get_by_role("button", name="Enqueue the clone").click()
    page.get_by_role("alert").filter(has_text="This is not JSON").wait_for()
    field.fill('{"name": "clone", "pace_s": 0}')
    page.get_by_role("button", name="Enqueue the clone").click()

    page.wait_for_selector('.pyjobkit-job[data-status="success"]', timeout=PATIENCE_MS)
    assert page.get_by_text('"name": "clone"').is_visible()
    assert complaints == []
