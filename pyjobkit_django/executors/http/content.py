"""What a request carries: a payload's body, json or data as bytes and a media type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from pyjobkit_django.executors.payload_fields import Fields, refuse

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes to send, and what they are."""

    data: bytes
    media_type: str

    @classmethod
    def of(cls, fields: Fields) -> Content | None:
        """Return what the payload wants sent, if anything."""
        given = fields.given(*_MAKERS)
        if not given:
            return None
        if len(given) > 1:
            refuse(given[0], f"cannot be sent beside {' and '.join(given[1:])}")
        return _MAKERS[given[0]](fields.value(given[0]))


def pairs_of(key: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a form's or a query's names and texts, one pair for each item of a list."""
    return [
        (name, _scalar(f"{key}.{name}", item))
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
    ]


def _body(body: object) -> Content:
    if isinstance(body, str):
        return Content(body.encode(), _TEXT)
    if isinstance(body, (dict, list)):
        return _as_json(body)
    return refuse("body", "must be text, a dict or a list")


def _data(data: object) -> Content:
    if isinstance(data, str):
        return Content(data.encode(), _FORM)
    if isinstance(data, dict):
        return Content(urlencode(pairs_of("data", data)).encode(), _FORM)
    return refuse("data", "must be text or a dict")


def _as_json(value: object) -> Content:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Content(text.encode(), _JSON)


def _scalar(key: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return refuse(key, "must be text, a number, true, false or a list of those")


_MAKERS: Final = {"body": _body, "json": _as_json, "data": _data}
