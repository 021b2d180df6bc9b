from __future__ import annotations

from uuid import UUID

from pyjobkit_django.models import JobAttempt, JobLog

JOB = UUID("01890000-0000-7000-8000-000000000001")


def test_an_attempt_reads_as_what_it_is():
    assert str(JobAttempt(job_id=JOB, attempt=2)) == f"attempt 2 of {JOB}"


def test_a_log_reads_as_what_it_is():
    assert str(JobLog(job_id=JOB, version=3)) == f"log of {JOB}, run 3"


def test_no_row_is_tied_to_a_job_by_the_database():
    for model in (JobAttempt, JobLog):
        assert [field for field in model._meta.get_fields() if field.is_relation] == []
