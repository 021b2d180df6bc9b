"""What may be stored as JSON: the same rules on every database, checked before any write."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, cast

from pyjobkit_django.errors import InvalidJobError

type JSON = dict[str, JSON] | list[JSON] | str | int | float | bool | None

#: Deepest nesting that every supported database accepts (MariaDB refuses 32).
MAX_DEPTH: Final = 31
#: The default bound of a payload or a result, in bytes of UTF-8 JSON.
MAX_BYTES: Final = 1_048_576
#: The integers that survive a round trip through every database.
MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**63 - 1

#: How much of a long path an error shows.
_SHOWN: Final = 60
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_payload(value: Any, *, max_bytes: int = MAX_BYTES) -> dict[str, JSON]:
    """Return a copy of a job's payload, or raise InvalidJobError naming the path."""
    if not isinstance(value, dict):
        raise InvalidJobError("payload", f"must be a dict, not {type(value).__name__}")
    return cast(
        "dict[str, JSON]", clean_json(value, name="payload", max_bytes=max_bytes)
    )


def clean_json(value: Any, *, name: str, max_bytes: int = MAX_BYTES) -> JSON:
    """Return a JSON copy of ``value`` (tuples become lists).

    Raises InvalidJobError whose field is the path of the first value that some
    database could not store, for example ``payload.items[3].name``.
    """
    cleaned = _clean(value, name, 0)
    size = len(json.dumps(cleaned, ensure_ascii=False).encode())
    if size > max_bytes:
        raise InvalidJobError(
            name,
            f"takes {size:,} bytes as JSON, more than the {max_bytes:,} allowed; store large "
            f"data elsewhere and pass a reference (MAX_PAYLOAD_BYTES moves the limit)",
        )
    return cleaned


def clean_text(text: str) -> str:
    """Return ``text`` with what no database stores (NUL, lone surrogates) as U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def _clean(value: Any, path: str, depth: int) -> JSON:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _clean_string(value, path)
    if isinstance(value, int):
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            raise InvalidJobError(path, "does not fit 64 bits; pass it as a string")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidJobError(path, f"{value} is not JSON; pass None or a string")
        return float(value)
    if isinstance(value, (dict, list, tuple)):
        return _clean_container(value, path, depth + 1)
    raise InvalidJobError(
        path,
        f"a {type(value).__name__} is not JSON; pass str, int, float, bool, None, list or dict",
    )


def _clean_container(
    value: dict[Any, Any] | list[Any] | tuple[Any, ...], path: str, depth: int
) -> JSON:
    if depth > MAX_DEPTH:
        raise InvalidJobError(
            _shorten(path), f"is nested deeper than {MAX_DEPTH} levels; flatten it"
        )
    if isinstance(value, dict):
        return {
            _clean_key(key, path): _clean(item, _join(path, key), depth)
            for key, item in value.items()
        }
    return [_clean(item, f"{path}[{index}]", depth) for index, item in enumerate(value)]


def _clean_key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise InvalidJobError(path, f"has the key {key!r}; JSON keys are strings")
    return _clean_string(key, f"{path}, key {key!r}")


def _clean_string(text: str, path: str) -> str:
    if found := _UNSTORABLE.search(text):
        culprit = "NUL (\\x00)" if found[0] == "\x00" else "a lone surrogate"
        raise InvalidJobError(
            path, f"contains {culprit}, which databases refuse; remove it"
        )
    # Where an Enum is a str, str() would give the member's name.
    return str.__str__(text)


def _join(path: str, key: Any) -> str:
    if isinstance(key, str) and len(key) <= _SHOWN and _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}"
    return f"{path}[{_shorten(repr(key))}]"


def _shorten(path: str) -> str:
    return path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"
