"""The quickstart, typed word by word into an empty folder."""

from __future__ import annotations

import pytest

from tests.newcomer.environment import ROOT
from tests.newcomer.eyes import Admin, ended_jobs_of
from tests.newcomer.project import Project
from tests.newcomer.snippets import snippets

PAGE = ROOT / "docs" / "quickstart.md"

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


def test_a_newcomer_sees_the_job_s_log_after_the_quickstart(tmp_path, environment):
    page = snippets(PAGE)

    with Project(tmp_path / "site", environment) as project:
        project.follow(page)
        admin = Admin(project, username="admin", password="receipts")
        answer = admin.page("/buy/42/")
        jobs = ended_jobs_of(project, count=3)
        by_hand, failed, bought = jobs
        jobs_page, job_page = admin.job_pages(bought.id)
        _, failed_page = admin.job_pages(failed.id)
        admin.close()

    assert bought.id in answer
    assert (bought.status, bought.result) == ("success", {"sent": True})
    assert bought.log == ["receipt for order 42", "sent"]
    assert by_hand.log == ["receipt for order 43", "sent"]
    assert failed.status == "failed"
    assert all(job.id in jobs_page for job in jobs)
    assert all(line in job_page for line in bought.log)
    assert "KeyError" in failed_page
    assert "Traceback" in failed_page


def test_every_snippet_of_the_quickstart_is_a_file_or_a_console():
    assert [
        snippet.name
        for snippet in snippets(PAGE)
        if not snippet.path and not snippet.commands
    ] == []
