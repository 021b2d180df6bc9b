"""From an answer to how the run ends: pure."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors.http.answer import Answer
from pyjobkit_django.executors.http.request import HTTPRequest
from pyjobkit_django.executors.http.retry_after import wait_s

_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_PASSING: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        *range(500, 600),
    }
)


def check_status(answer: Answer, request: HTTPRequest, *, now: float) -> None:
    """Let an answer pass whose status the request accepts.

    Raises ExecutorError for a status that may be otherwise later, DiscardJob for any
    other. ``now`` is in seconds since 1970.
    """
    status = answer.status
    if status in request.ok_statuses:
        return
    message = f"{request} answered {status} {_PHRASES.get(status, '')}".rstrip()
    details = answer.as_details()
    if status in _PASSING:
        wait = wait_s(answer.retry_after, server_time=answer.date, now=now)
        raise ExecutorError(message, details=details, retry_after_s=wait)
    if "location" in answer.headers and not request.follow_redirects:
        message += "; set follow_redirects to go where it points"
    raise DiscardJob(message, details=details)
