"""What came back, in a form that can be stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx

from pyjobkit_django.executors.http.headers import visible
from pyjobkit_django.executors.http.reading import Body
from pyjobkit_django.payload import JSON, clean_json, clean_text

#: How much of a body a failure keeps, in characters.
_EXCERPT: Final = 2_000
#: No limit: what is too large is cut, with the whole result.
_ENDLESS: Final = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, the headers that carry no secret, and the body."""

    status: int
    headers: dict[str, str]
    text: str
    is_json: bool
    size: int
    truncated: bool
    duration_ms: float
    retry_after: str | None
    date: str | None

    @classmethod
    def of(cls, response: httpx.Response, body: Body, *, duration_ms: float) -> Self:
        """Return the answer that a response and its body make."""
        return cls(
            status=response.status_code,
            headers=visible(response.headers),
            text=_text(response, body.data),
            is_json=_says_json(response),
            size=len(body.data),
            truncated=body.truncated,
            duration_ms=round(duration_ms, 3),
            retry_after=response.headers.get("retry-after"),
            date=response.headers.get("date"),
        )

    def as_result(self, *, most_bytes: int) -> dict[str, Any]:
        """Return what a job's record shows, cut where it takes more bytes as JSON."""
        result: dict[str, Any] = {
            "status": self.status,
            "headers": self.headers,
            "body": self._body(),
            "duration_ms": self.duration_ms,
        }
        if self.truncated:
            result["truncated"] = True
        return _fitted(result, clean_text(self.text), most_bytes)

    def as_details(self) -> dict[str, Any]:
        """Return what a failure keeps: status, headers, the beginning of the body."""
        excerpt = clean_text(self.text[:_EXCERPT])
        return {"status": self.status, "headers": self.headers, "body": excerpt}

    def _body(self) -> JSON:
        if self.is_json and not self.truncated:
            try:
                return clean_json(
                    json.loads(self.text.removeprefix("\ufeff")),
                    name="body",
                    max_bytes=_ENDLESS,
                )
            except (ValueError, RecursionError):
                pass
        return clean_text(self.text)


def _says_json(response: httpx.Response) -> bool:
    content_type: str = response.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _text(response: httpx.Response, data: bytes) -> str:
    try:
        return data.decode(response.charset_encoding or "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _fitted(result: dict[str, Any], text: str, most_bytes: int) -> dict[str, Any]:
    # Escaping may double a body and more, so a good answer could fail to be stored.
    while (size := _size(result)) > most_bytes and text:
        text = text[: len(text) * most_bytes // size - 1]
        result = {**result, "body": text, "truncated": True}
    return result


def _size(value: JSON) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
