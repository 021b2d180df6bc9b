"""The bar that a site puts into its own pages, and who may ask for it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.template import Context, Template
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from pyjobkit_django import get_job
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.monitor import progress
from pyjobkit_django.monitor.progress import progress_token
from tests.admin import addresses
from tests.admin.scenes import job_of
from tests.admin.test_hostile import ACTIVE, EVIL, Elements
from tests.marks import committed, on_sqlite
from tests.stored_jobs import queued, running

TAG = Template("{% load pyjobkit %}{% job_progress job label=label %}")


def shown(job, **context):
    return TAG.render(Context({"job": job, **context}))


def told(job_id, client=None):
    address = addresses.progress(job_id, token=progress_token(job_id))
    answer = (client or Client()).get(address)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.django_db
def test_the_tag_takes_an_id_a_job_and_its_record():
    (job_id,) = queued()

    bars = [
        shown(job) for job in (job_id, str(job_id), Job.objects.get(), get_job(job_id))
    ]

    for bar in bars:
        elements = dict(Elements(bar).found)
        assert elements["pyjobkit-progress"]["data-job"] == str(job_id)
        assert elements["pyjobkit-progress"]["data-status"] == "queued"
        assert "value" not in elements["progress"]
        assert elements["progress"]["aria-label"] == "Progress"


@pytest.mark.django_db
def test_whoever_has_the_page_may_ask_for_its_job_alone(client):
    first, second = queued(2)
    address = dict(Elements(shown(first)).found)["pyjobkit-progress"]["data-src"]

    answer = client.get(address)
    other = client.get(address.replace(str(first), str(second)))

    assert answer.json()["job"] == str(first)
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert other.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "a:b:c", "\x00", "é"])
def test_without_a_token_of_ours_nobody_may_ask(client, token):
    (job_id,) = queued()

    assert client.get(addresses.progress(job_id, token=token)).status_code == 403
    assert client.get(addresses.progress(uuid4(), token=token)).status_code == 403
    assert client.post(addresses.progress(job_id)).status_code == 405


@pytest.mark.django_db
def test_a_token_ends_and_so_does_one_of_another_site(client, monkeypatch, settings):
    (job_id,) = queued()
    address = addresses.progress(job_id, token=progress_token(job_id))

    monkeypatch.setattr(progress, "TOKEN_AGE_S", -1)
    assert client.get(address).status_code == 403
    monkeypatch.undo()
    settings.SECRET_KEY = "another"
    assert client.get(address).status_code == 403


@pytest.mark.django_db
def test_it_tells_how_far_a_job_is_and_nothing_more():
    (job,) = running(payload={"a": "private"})
    Job.objects.filter(pk=job.id).update(
        progress=0.4, progress_meta={"text": "two of five, token=hunter2"}
    )

    answer = told(job.id)

    assert answer == {
        "job": str(job.id),
        "status": "running",
        "label": "running",
        "progress": 0.4,
        "text": "two of five, token=••••••••",
        "ended": False,
        "pause_ms": 1_000,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("status", JobStatus)
def test_the_bar_is_at_the_end_where_the_job_is(status):
    job_id = job_of(status)

    answer = told(job_id)

    assert answer["ended"] == (status in {"success", "failed", "timeout", "cancelled"})
    assert answer["progress"] == (1 if status == "success" else None)
    assert ("data-ended" in shown(job_id)) == answer["ended"]


@pytest.mark.django_db
@pytest.mark.parametrize(("stored", "shown"), [(-1, 0), (3e9, 1), (0.5, 0.5)])
def test_progress_is_from_0_to_1(stored, shown):
    (job,) = running()
    Job.objects.filter(pk=job.id).update(progress=stored)

    assert told(job.id)["progress"] == shown


@pytest.mark.django_db
def test_a_job_that_is_gone_has_ended():
    answer = told(uuid4())

    assert (answer["status"], answer["ended"]) == ("gone", True)
    assert "no longer there" in shown(uuid4())


@pytest.mark.django_db
def test_what_a_job_says_of_itself_is_text():
    (job,) = running()
    Job.objects.filter(pk=job.id).update(progress_meta={"text": EVIL})

    for bar in (shown(job.id), shown(job.id, label='"><script>')):
        assert [tag for tag, _ in Elements(bar).found].count("script") == 1
        assert ACTIVE.findall(bar) == []
    Job.objects.filter(pk=job.id).update(progress_meta={"text": {"not": "text"}})
    assert told(job.id)["text"] == ""


@pytest.mark.django_db
def test_a_token_costs_one_query():
    (job_id,) = queued()

    with CaptureQueriesContext(connection) as seen:
        told(job_id)

    assert len(seen) == 1


@pytest.mark.django_db
def test_decimal_commas_break_no_bar(settings):
    settings.LANGUAGE_CODE = "de"
    (job,) = running()
    Job.objects.filter(pk=job.id).update(progress=0.25)

    assert dict(Elements(shown(job.id)).found)["progress"]["value"] == "0.25"


@pytest.mark.django_db
@pytest.mark.urls("tests.monitor.no_urls")
def test_a_site_that_left_out_the_urls_is_told():
    with pytest.raises(
        ImproperlyConfigured, match=r"include\(.pyjobkit_django.urls.\)"
    ):
        shown(queued()[0])


@on_sqlite
@committed
async def test_it_is_served_by_asgi_too():

    (job_id,) = await sync_to_async(queued)()

    answer = await AsyncClient().get(
        addresses.progress(job_id, token=progress_token(job_id))
    )

    assert answer.json()["status"] == "queued"
