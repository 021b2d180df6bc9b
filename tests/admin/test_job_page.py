from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from pyjobkit_django import chain, enqueue
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import DatabaseNow, Job, JobAttempt
from pyjobkit_django.monitor import job_details, log_pages
from pyjobkit_django.monitor.redaction import MASK
from pyjobkit_django.outcomes import Failure, Outcome
from tests.admin import addresses
from tests.admin.scenes import BROKEN, job_of, log
from tests.stored_jobs import claimed, running

pytestmark = pytest.mark.django_db

SECRET = "hunter2"


def page_of(client, job_id, view="change"):
    page = client.get(addresses.job(job_id, view))
    assert page.status_code == 200
    return page


def text_of(client, job_id, view="change"):
    return page_of(client, job_id, view).content.decode()


@pytest.fixture
def secretive():
    """Return the id of a job that holds a secret wherever it can."""
    (job,) = running(
        max_attempts=2,
        payload={"user": "ada", "password": SECRET, "deep": [{"api_key": SECRET}]},
        webhooks={"complete": f"https://ada:{SECRET}@hooks.example/?token={SECRET}"},
    )
    failure = Failure(
        error=f"ValueError('password={SECRET}')",
        message=f"password={SECRET}",
        exception_type="ValueError",
        details={"headers": {"Authorization": f"Bearer {SECRET}"}},
        traceback=f"Traceback\n  connect(password='{SECRET}')",
    )
    Job.objects.filter(pk=job.id).update(progress_meta={"token": SECRET})
    Job.objects.settle([Outcome.failed(job, failure)])
    Job.objects.filter(pk=job.id).update(
        result={"cookie": SECRET},
        chain=[{"kind": "next", "payload": {"secret": SECRET}}],
    )
    log(job.id, f"password={SECRET}", f'{{"token": "{SECRET}"}}', f"Cookie: a={SECRET}")
    return job.id


def test_no_page_and_no_download_shows_a_secret(root, secretive):
    downloads = [
        *("payload", "result", "failure", "progress", "webhooks", "chain", "log"),
        f"traceback-{JobAttempt.objects.get().version}",
    ]

    shown = [text_of(root, secretive, view) for view in ("change", "log", "history")]
    files = [
        b"".join(root.get(addresses.job(secretive, "download", part))).decode()
        for part in downloads
    ]

    assert [text for text in (*shown, *files) if SECRET in text] == []
    assert shown[0].count(MASK) >= 10
    masked = MASK.encode("ascii", "backslashreplace").decode()
    assert all(MASK in text or masked in text for text in files)


def test_what_the_settings_name_is_masked_too(root, settings):
    settings.PYJOBKIT = {"REDACT": ["iban"]}
    (job,) = running(payload={"iban": "DE123", "city": "Berlin"})

    shown = text_of(root, job.id)

    assert "DE123" not in shown
    assert "Berlin" in shown


def test_a_job_s_page_tells_its_whole_life(root):
    (job,) = running(
        payload={"month": 11},
        queue="reports",
        priority=7,
        tags=["nightly"],
        unique_key="one",
        idempotency_key="once",
        retry_policy="fixed:3",
        timeout_s=90,
    )
    Job.objects.settle([Outcome.retry(job, BROKEN, 0.0)])
    (again,) = claimed()
    Job.objects.settle([Outcome.failed(again, BROKEN)])
    Job.objects.filter(pk=job.id).update(
        scheduled_for=DatabaseNow() - timedelta(seconds=100),
        started_at=DatabaseNow() - timedelta(seconds=70),
        finished_at=DatabaseNow(),
    )
    log(job.id, "first line", version=1)
    log(job.id, "second line", version=3, seq=2)

    context = page_of(root, job.id).context

    facts = dict(context["facts"])
    assert facts["Queue"] == "reports"
    assert facts["Attempts"] == "2 of 3"
    assert facts["Time limit"] == "1 min 30 s"
    assert (facts["Idempotency key"], facts["Retry policy"]) == ("once", "fixed:3")
    times = dict(context["timeline"])
    assert (times["Waited"], times["Ran"]) == ("30 s", "1 min 10 s")
    assert list(times)[:4] == ["Created", "Due", "Started", "Finished"]
    assert [attempt.number for attempt in context["attempts"]] == [2, 1]
    assert "ValueError: broken" in context["attempts"][0].traceback.shown.text
    assert [(line.version, line.shown.text) for line in context["lines"]] == [
        *((1, "first line"), (3, "second line"))
    ]
    shown = text_of(root, job.id)
    assert addresses.jobs(tag="nightly") in shown
    assert "Run, version 3" in shown


def test_a_running_job_counts_on_and_shows_its_progress(root):
    (job,) = running()
    Job.objects.filter(pk=job.id).update(
        started_at=DatabaseNow() - timedelta(hours=2, minutes=5), progress=0.426
    )

    page = page_of(root, job.id)

    assert dict(page.context["timeline"])["Ran"] == "2 h 5 min"
    assert '<progress class="pyjobkit-progress" max="100" value="43"' in (
        page.content.decode()
    )


def test_what_is_out_of_the_ordinary_is_told(root):
    job_id = enqueue("k", shadow=True)
    Job.objects.filter(pk=job_id).update(lost_runs=2)

    facts = dict(page_of(root, job_id).context["facts"])

    assert facts["Runs lost with their worker"] == "2"
    assert facts["Shadow"] == "its result is thrown away"


def test_a_job_that_is_not_due_waits_for_nothing(root):
    timeline = dict(page_of(root, job_of(JobStatus.SCHEDULED)).context["timeline"])

    assert list(timeline) == ["Created", "Due", "Due in"]


@pytest.mark.parametrize(
    ("progress", "percent"), [(-1, 0), (0, 0), (0.996, 100), (3e9, 100)]
)
def test_progress_is_shown_from_0_to_100_percent(root, progress, percent):
    (job,) = running()
    Job.objects.filter(pk=job.id).update(progress=progress)

    assert f'max="100" value="{percent}"' in text_of(root, job.id)
    assert f'max="100" value="{percent}"' in root.get(addresses.jobs()).content.decode()


def test_a_chain_leads_from_step_to_step(root):
    first = chain({"kind": "one"}, {"kind": "two"}, {"kind": "three"})
    (job,) = claimed()
    step = job.chain[0]
    following = Outcome.success(job, 1)
    second = enqueue(**step, payload={})
    Job.objects.filter(pk=second).update(parent=first)
    Job.objects.settle([following])

    context = page_of(root, first).context

    assert [child[0] for child in context["children"]] == [second]
    assert '"kind": "three"' in context["parts"][-1].shown.text
    assert page_of(root, second).context["parent"][0] == first


def test_a_parent_that_is_gone_is_told(root):
    gone = uuid4()
    (job,) = running(parent=gone)

    assert f"{gone}, which is gone" in text_of(root, job.id)


def test_only_the_last_attempts_are_shown(root, monkeypatch):
    monkeypatch.setattr(job_details, "MAX_ATTEMPTS", 2)
    job_id = job_of(JobStatus.QUEUED)
    for version in range(5):
        JobAttempt.objects.create(
            job_id=job_id,
            version=version,
            attempt=version,
            status="failed",
            finished_at=DatabaseNow(),
            failure={},
        )

    context = page_of(root, job_id).context

    assert [attempt.version for attempt in context["attempts"]] == [4, 3]
    assert context["more_attempts"]


def test_a_long_log_is_turned_over_page_by_page(root, monkeypatch):
    monkeypatch.setattr(log_pages, "PAGE_LINES", 2)
    monkeypatch.setattr(log_pages, "TAIL_LINES", 2)
    job_id = job_of(JobStatus.RUNNING)
    log(job_id, "a", "b", "c", "d", "e")

    assert "Earlier lines are in the whole log." in text_of(root, job_id)
    first = page_of(root, job_id, "log")
    assert [line.shown.text for line in first.context["lines"]] == ["a", "b"]
    following = str(first.context["following"])
    second = root.get(addresses.job(job_id, "log"), {"from": following})
    assert [line.shown.text for line in second.context["lines"]] == ["c", "d"]
    assert "From the beginning" in second.content.decode()


def test_a_job_without_anything_says_so(root):
    shown = text_of(root, job_of(JobStatus.QUEUED))

    assert "Nothing was logged." in shown
    assert "Attempts that did not succeed" not in shown


def test_numbers_in_another_language_break_no_link(root, settings, monkeypatch):
    settings.LANGUAGE_CODE = "de"
    settings.USE_THOUSAND_SEPARATOR = True
    monkeypatch.setattr(log_pages, "PAGE_LINES", 2)
    (job,) = running()
    Job.objects.filter(pk=job.id).update(progress=0.5)
    log(job.id, "a", "b", "c", version=12_345, seq=1_700_000_000_000)

    assert 'max="100" value="50"' in text_of(root, job.id)
    assert 'href="?from=12345.1700000000000.2"' in text_of(root, job.id, "log")
