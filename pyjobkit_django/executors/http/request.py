"""What a job wants sent, read from its payload."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlencode

import httpx

from pyjobkit_django.executors.http.content import Content, pairs_of
from pyjobkit_django.executors.http.headers import shown
from pyjobkit_django.executors.payload_fields import Fields, refuse

_KEYS: Final = (
    "url",
    "method",
    "headers",
    "params",
    "body",
    "json",
    "data",
    "timeout",
    "follow_redirects",
    "ok_statuses",
    "retries",
    "backoff",
    "sign",
)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
#: They frame the message, which is the connection's to say.
_OURS: Final = frozenset({"content-length", "transfer-encoding"})
_ANY: Final = frozenset(range(100, 600))
_SUCCESS: Final = frozenset(range(200, 300))
_MOST_RETRIES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPRequest:
    """A request, sound and complete; as text, what may be shown of it."""

    method: str
    url: httpx.URL
    headers: httpx.Headers
    content: bytes | None
    timeout_s: float
    follow_redirects: bool
    ok_statuses: frozenset[int]
    retries: int
    backoff_s: float
    sign: bool

    @classmethod
    def from_payload(cls, payload: dict[str, Any], *, timeout_s: float) -> Self:
        """Return what the payload describes; DiscardJob names the key that is wrong."""
        fields = Fields(payload, known=_KEYS)
        content = Content.of(fields)
        return cls(
            method=_method(fields, default="POST" if content else "GET"),
            url=_url(fields),
            headers=_headers(fields, content),
            content=content.data if content else None,
            timeout_s=fields.number("timeout", timeout_s),
            follow_redirects=fields.flag("follow_redirects") is True,
            ok_statuses=_SUCCESS | _ok_statuses(fields),
            retries=fields.count("retries", 0, most=_MOST_RETRIES),
            backoff_s=fields.number("backoff", 0.5, zero_ok=True),
            sign=fields.flag("sign") is True,
        )

    def __str__(self) -> str:
        return f"{self.method} {shown(self.url)}"


def _method(fields: Fields, *, default: str) -> str:
    given = fields.text("method")
    method = (default if given is None else given).upper()
    if not _TOKEN.fullmatch(method):
        refuse("method", "must be a word such as GET")
    if method == "CONNECT":
        refuse("method", "CONNECT asks for a tunnel, which nobody would use")
    return method


def _url(fields: Fields) -> httpx.URL:
    text = fields.text("url") or ""
    try:
        url = httpx.URL(text)
        params = pairs_of("params", fields.mapping("params"))
        url = url.copy_merge_params(urlencode(params)) if params else url
    except httpx.InvalidURL as error:
        refuse("url", f"is not a URL: {error}")
    if url.scheme not in ("http", "https") or not url.host:
        refuse("url", "must be an http or https URL with a host")
    return url


def _headers(fields: Fields, content: Content | None) -> httpx.Headers:
    given = fields.mapping("headers")
    for name, value in given.items():
        _check_header(name, value)
    # As bytes: httpx would send none but ASCII texts.
    headers = httpx.Headers(
        [(name.encode(), value.strip().encode()) for name, value in given.items()]
    )
    if content:
        headers.setdefault("content-type", content.media_type)
    return headers


def _check_header(name: str, value: object) -> None:
    key = f"headers.{name}"
    if not _TOKEN.fullmatch(name):
        refuse("headers", f"{name!r} is not a header's name")
    if name.lower() in _OURS:
        refuse(key, "is set by the executor; leave it out")
    if not isinstance(value, str) or _CONTROLS.search(value):
        refuse(key, "must be text of one line")


def _ok_statuses(fields: Fields) -> frozenset[int]:
    statuses = fields.value("ok_statuses", [])
    if statuses == "any":
        return _ANY
    sound = isinstance(statuses, list) and all(
        isinstance(status, int) and status in _ANY for status in statuses
    )
    if not sound:
        refuse("ok_statuses", 'must be a list of statuses such as [404], or "any"')
    return frozenset(statuses)
