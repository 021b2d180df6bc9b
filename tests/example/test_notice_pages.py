from __future__ import annotations

import json

import pytest
from asgiref.sync import async_to_sync
from reports.models import Notice

from pyjobkit_django.models import Job
from pyjobkit_django.webhooks import signature_headers
from tests.stored_jobs import undone

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]

SECRET = "between us"
BODY = json.dumps({"kind": "reports.sales", "status": "success"}).encode()


@pytest.fixture(autouse=True)
def _secret(settings):
    settings.WEBHOOK_SECRET = SECRET
    settings.SITE_URL = "http://127.0.0.1:8123"


def _receive(client, body, headers):
    return client.post(
        "/notices/receive/", body, content_type="application/json", headers=headers
    )


def test_the_async_view_enqueues_a_signed_request_to_this_site(async_client):
    answer = async_to_sync(async_client.post)("/notices/send/")
    job = Job.objects.get()

    assert (answer.status_code, answer.url) == (302, "/notices/")
    assert (job.kind, job.payload["sign"]) == ("http", True)
    assert job.payload["url"] == "http://127.0.0.1:8123/notices/receive/"


def test_clicks_while_a_notice_is_on_its_way_join_it(async_client):
    for _ in range(3):
        async_to_sync(async_client.post)("/notices/send/")

    assert Job.objects.count() == 1


def test_the_async_view_writes_in_the_transaction_around_it(async_client):
    with undone():
        async_to_sync(async_client.post)("/notices/send/")
        assert Job.objects.exists()

    assert not Job.objects.exists()


def test_a_signed_notice_is_kept_once_and_shown(client):
    for _ in range(2):
        answer = _receive(client, BODY, signature_headers(BODY, SECRET))
        assert answer.status_code == 200

    assert Notice.objects.get().body == json.loads(BODY)
    page = client.get("/notices/").content.decode()
    assert page.count("signature verified") == 1
    assert "A reports.sales job ended: success" in page


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signature_headers(BODY, "another secret"),
        signature_headers(b"another body", SECRET),
        signature_headers(BODY, SECRET, now=0),
    ],
    ids=["unsigned", "another secret", "another body", "long ago"],
)
def test_any_other_is_refused(client, headers):
    assert _receive(client, BODY, headers).status_code == 403
    assert not Notice.objects.exists()


def test_nothing_is_genuine_where_there_is_no_secret(client, settings):
    settings.WEBHOOK_SECRET = ""

    assert _receive(client, BODY, signature_headers(BODY, "")).status_code == 403
    assert "PYJOBKIT_WEBHOOK_SECRET" in client.get("/notices/").content.decode()


@pytest.mark.parametrize("body", [b"[]", b"no JSON", b"\xff"])
def test_a_notice_that_cannot_be_read_is_told(client, body):
    assert _receive(client, body, signature_headers(body, SECRET)).status_code == 400


@pytest.mark.parametrize("path", ["/notices/send/", "/notices/receive/"])
def test_looking_sends_and_receives_nothing(client, path):
    assert client.get(path).status_code == 405
