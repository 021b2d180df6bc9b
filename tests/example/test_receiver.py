from __future__ import annotations

import httpx
import pytest
from demonstration.receiver import BUSY, NOTICES, ORDERS, receiver

from pyjobkit_django.webhooks import signature_headers

ORDER = {"order": 7, "customer": "Zoë"}


@pytest.fixture
def site():
    with receiver(order=ORDER, secret="hush") as site:
        yield site


@pytest.fixture
def post(site):
    """Send a request to the receiver; return the status of the answer."""
    with httpx.Client(trust_env=False) as client:
        yield lambda path, **more: client.post(site.url(path), **more).status_code


def test_the_order_is_taken_only_as_it_was_sent(site, post):
    assert post(ORDERS, json={**ORDER, "order": 8}) == 422
    assert post(ORDERS, json=ORDER) == 201
    assert [got.body["order"] for got in site.received(ORDERS)] == [8, 7]


def test_a_notice_is_taken_only_where_it_is_signed_with_the_secret(site, post):
    body = b'{"status":"success"}'

    assert post(NOTICES, content=body) == 401
    forged = signature_headers(body, "guessed")
    assert post(NOTICES, content=body, headers=forged) == 401
    signed = signature_headers(body, "hush")
    assert post(NOTICES, content=b"{}", headers=signed) == 401
    assert post(NOTICES, content=body, headers=signed) == 200
    assert [got.status for got in site.received(NOTICES)] == [401, 401, 401, 200]


def test_the_rest_of_the_site_is_busy(site, post):
    assert post(BUSY, json=ORDER) == 503
