"""Webhooks: who is told that a job has ended, and how the receiver knows it was us.

A webhook is an ``http`` job, enqueued in the transaction that ends the job it is about,
and signed when it is sent where the sender has a secret.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final

from pyjobkit_django.jobs import ClaimedJob, JobSpec, JobStatus
from pyjobkit_django.payload import JSON

#: The environment variable that holds the secret, as in pyjobkit.
SECRET_VARIABLE: Final = "PYJOBKIT_WEBHOOK_SECRET"  # noqa: S105 - a name
TIMESTAMP_HEADER: Final = "X-Pyjobkit-Timestamp"
SIGNATURE_HEADER: Final = "X-Pyjobkit-Signature"
#: How old a signed message may be, in seconds.
REPLAY_WINDOW_S: Final = 300
#: How a webhook is tried again: for about a day.
MAX_ATTEMPTS: Final = 12
RETRY_POLICY: Final = "exponential_jitter:1:2.5:14400"
TIMEOUT_S: Final = 5

#: The word that asks to be told of a status.
WORDS: Final[Mapping[JobStatus, str]] = {
    JobStatus.SUCCESS: "complete",
    JobStatus.FAILED: "fail",
    JobStatus.TIMEOUT: "timeout",
}


def webhook_of(
    job: ClaimedJob, status: JobStatus, result: JSON, *, duration_ms: float
) -> JobSpec | None:
    """Return the job that tells of this end; None where nobody asked for it."""
    url = job.webhooks.get(WORDS.get(status, ""))
    if url is None:
        return None
    message: dict[str, JSON] = {
        "job_id": str(job.id),
        "kind": job.kind,
        "status": status.value,
        "attempts": job.attempts,
        "duration_ms": duration_ms,
        "result": result,
    }
    return JobSpec(
        kind="http",
        payload={"url": url, "json": message, "timeout": TIMEOUT_S, "sign": True},
        queue=job.queue,
        max_attempts=MAX_ATTEMPTS,
        retry_policy=RETRY_POLICY,
        parent=job.id,
        trace_context=dict(job.trace_context),
    )


def signature_headers(
    body: bytes, secret: str, *, now: float | None = None
) -> dict[str, str]:
    """Return the headers that prove who sent ``body``, and when."""
    timestamp = str(int(time.time() if now is None else now))
    return {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: f"sha256={_digest(body, secret, timestamp)}",
    }


def verify_signature(
    *,
    body: bytes,
    secret: str,
    signature_header: str | None,
    timestamp_header: str | None,
    replay_window_s: float = REPLAY_WINDOW_S,
    now: float | None = None,
) -> bool:
    """Tell whether ``body`` was signed with ``secret`` within the last seconds."""
    timestamp = timestamp_header or ""
    if not timestamp.isascii() or not timestamp.isdigit():
        return False
    age_s = (time.time() if now is None else now) - int(timestamp)
    expected = f"sha256={_digest(body, secret, timestamp)}"
    given = (signature_header or "").encode()
    return abs(age_s) <= replay_window_s and hmac.compare_digest(
        expected.encode(), given
    )


def _digest(body: bytes, secret: str, timestamp: str) -> str:
    message = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
