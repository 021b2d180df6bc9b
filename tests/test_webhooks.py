from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.jobs import ClaimedJob, JobSpec, JobStatus
from pyjobkit_django.webhooks import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    signature_headers,
    verify_signature,
    webhook_of,
)

URL = "https://example.com/done"


def job(**webhooks: str) -> ClaimedJob:
    return ClaimedJob(
        id=uuid4(),
        kind="a",
        payload={},
        version=1,
        attempts=2,
        max_attempts=3,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        queue="mail",
        webhooks=webhooks,
    )


def test_the_message_says_how_the_job_ended() -> None:
    ended = job(complete=URL)

    sent = webhook_of(ended, JobStatus.SUCCESS, {"n": 1}, duration_ms=12.5)

    assert sent is not None
    assert (sent.kind, sent.queue, sent.parent) == ("http", "mail", ended.id)
    assert sent.payload["url"] == URL
    assert sent.payload["sign"] is True
    assert sent.payload["json"] == {
        "job_id": str(ended.id),
        "kind": "a",
        "status": "success",
        "attempts": 2,
        "duration_ms": 12.5,
        "result": {"n": 1},
    }


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
def test_nobody_is_told_of_what_they_did_not_ask_for(status: JobStatus) -> None:
    assert webhook_of(job(complete=URL), status, None, duration_ms=0) is None


def verify(headers: dict[str, str], **changes: Any) -> bool:
    call: dict[str, Any] = {
        "body": b"{}",
        "secret": "s",
        "signature_header": headers[SIGNATURE_HEADER],
        "timestamp_header": headers[TIMESTAMP_HEADER],
        "now": 1_000,
        **changes,
    }
    return verify_signature(**call)


def test_a_receiver_knows_a_sound_signature() -> None:
    assert verify(signature_headers(b"{}", "s", now=1_000))


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b"[]"},
        {"secret": "other"},
        {"signature_header": "sha256=00"},
        {"signature_header": None},
        {"signature_header": "sha256=é"},
        {"timestamp_header": "999"},
        {"timestamp_header": "soon"},
        {"timestamp_header": None},
        {"now": 1_301},
        {"now": 699},
    ],
)
def test_a_receiver_refuses_anything_else(changes: dict[str, Any]) -> None:
    assert not verify(signature_headers(b"{}", "s", now=1_000), **changes)


@pytest.mark.parametrize(
    ("webhooks", "message"),
    [
        ([URL], "must be a dict of URLs"),
        ({"done": URL}, "'done' is not one of complete, fail, timeout"),
        ({"fail": "ftp://x"}, r"webhooks\.fail: 'ftp://x' is not an http or https URL"),
    ],
)
def test_bad_webhooks_are_refused(webhooks: Any, message: str) -> None:
    with pytest.raises(InvalidJobError, match=message):
        JobSpec.build(kind="a", webhooks=webhooks)


def test_words_are_read_whatever_their_case() -> None:
    assert JobSpec.build(kind="a", webhooks={"Fail": URL}).webhooks == {"fail": URL}


def test_shadow_is_true_or_false() -> None:
    with pytest.raises(InvalidJobError, match="shadow: must be True or False"):
        JobSpec.build(kind="a", shadow="yes")
