from __future__ import annotations

import pytest

from tests.admin import addresses
from tests.stored_jobs import queued, running

pytestmark = pytest.mark.django_db


def test_the_newest_jobs_come_first(root):
    ids = queued(3)

    shown = root.get(addresses.jobs()).context["cl"].result_list

    assert [job.pk for job in shown] == ids[::-1]


@pytest.mark.parametrize("view", ["change", "log", "history"])
def test_a_job_has_its_pages(root, view):
    (job,) = running()

    page = root.get(addresses.job(job.id, view))

    assert page.status_code == 200
    assert job.kind in page.content.decode()
