from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from reports.management.commands.enqueue_reports import Command

from pyjobkit_django.models import Job

pytestmark = pytest.mark.django_db


def test_three_reports_are_enqueued_and_told():
    output = io.StringIO()
    call_command(Command(), "--month=2026-03", "--country=FR", stdout=output)
    jobs = list(Job.objects.order_by("id"))

    assert [(job.payload["name"], job.status, job.max_attempts) for job in jobs] == [
        ("all-orders", "queued", 3),
        ("month-2026-03", "scheduled", 3),
        ("country-fr", "queued", 3),
    ]
    assert {job.queue for job in jobs} == {"reports"}
    assert [line.split()[0] for line in output.getvalue().splitlines()] == [
        str(job.id) for job in jobs
    ]


@pytest.mark.parametrize("option", ["--month=2026-13", "--country=France"])
def test_none_is_enqueued_where_one_is_refused(option):
    with pytest.raises(CommandError, match="must be"):
        call_command(Command(), option)

    assert not Job.objects.exists()
