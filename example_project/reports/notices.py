"""Notices: messages that an ``http`` job sends to this site, signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from pyjobkit_django.webhooks import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    verify_signature,
)
from reports.models import Notice


def receiver_url() -> str:
    """Return where a worker reaches the view that receives notices.

    From a setting, not from the request: a forged Host header must not send jobs
    elsewhere.
    """
    return f"{settings.SITE_URL}{reverse('reports:receive-notice')}"


def greeting() -> dict[str, Any]:
    """Return the payload of an ``http`` job that sends this site a signed notice."""
    return {
        "url": receiver_url(),
        "json": {"message": "Hello from an async view", "notice": str(uuid4())},
        "sign": True,
        "timeout": 5,
    }


def is_genuine(body: bytes, headers: Mapping[str, str]) -> bool:
    """Tell whether the body was signed with this site's secret, lately."""
    return bool(settings.WEBHOOK_SECRET) and verify_signature(
        body=body,
        secret=settings.WEBHOOK_SECRET,
        signature_header=headers.get(SIGNATURE_HEADER),
        timestamp_header=headers.get(TIMESTAMP_HEADER),
    )


def keep(body: bytes) -> Notice:
    """Keep a notice; ValueError where it is no JSON object.

    Delivery is at least once: one that comes again is the one that is kept already.
    """
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ValueError("a notice is a JSON object")  # noqa: TRY004 - the caller's data
    digest = hashlib.sha256(body).hexdigest()
    notice, _ = Notice.objects.get_or_create(digest=digest, defaults={"body": content})
    return notice
