"""What may be stored as JSON: the same rules on every database, checked before any write."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, cast

from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.quoting import quoted

type JSON = dict[str, JSON] | list[JSON] | str | int | float | bool | None
#: Where in a value: its name, or where that stands which it is in, and the key or index.
type Path = str | tuple[Path, Any]

#: Deepest nesting that every supported database accepts (MariaDB refuses 32).
MAX_DEPTH: Final = 31
#: The default bound of a payload or a result, in bytes of UTF-8 JSON.
MAX_BYTES: Final = 1_048_576
#: The size of what is too large is told up to so many times the bound.
MEASURED: Final = 4
#: A value takes at most so many bytes for each that it takes at least, and so many more:
#: a control character is written as six, a number takes up to 24.
STRETCH: Final = (12, 32)
#: The integers that survive a round trip through every database.
MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**63 - 1

#: How much of a long path an error shows.
_SHOWN: Final = 60
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_write = json.JSONEncoder(ensure_ascii=False).encode


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
    cleaner = _Cleaner(MEASURED * max_bytes)
    try:
        cleaned = cleaner.clean(value, name, 0)
    except _TooLargeError:
        size = f"over {MEASURED * max_bytes:,}"
        raise _too_large(name, size, max_bytes) from None
    if cleaner.most <= max_bytes:
        return cleaned
    taken = len(_write(cleaned).encode())
    if taken > max_bytes:
        raise _too_large(name, f"{taken:,}", max_bytes)
    return cleaned


def clean_text(text: str) -> str:
    """Return ``text`` with what no database stores (NUL, lone surrogates) as U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def _too_large(name: str, size: str, max_bytes: int) -> InvalidJobError:
    return InvalidJobError(
        name,
        f"takes {size} bytes as JSON, more than the {max_bytes:,} allowed; store large "
        f"data elsewhere and pass a reference (MAX_PAYLOAD_BYTES moves the limit)",
    )


class _TooLargeError(Exception):
    """What was seen of a value is already more than may be stored."""


class _Cleaner:
    """Copies a value, up to some number of characters of JSON.

    A list of lists that are one and the same takes little memory, and as JSON without
    end: its size is told before it is built.
    """

    def __init__(self, most: int) -> None:
        self._allowed = self._left = most

    @property
    def most(self) -> int:
        """How many bytes of JSON the value takes at most."""
        factor, more = STRETCH
        return factor * (self._allowed - self._left) + more

    def clean(self, value: Any, path: Path, depth: int) -> JSON:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            self._take(len(value))
            return _clean_string(value, path)
        if isinstance(value, int):
            if not MIN_INTEGER <= value <= MAX_INTEGER:
                raise InvalidJobError(
                    _shown(path), "does not fit 64 bits; pass it as a string"
                )
            return int(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise InvalidJobError(
                    _shown(path), f"{value} is not JSON; pass None or a string"
                )
            return float(value)
        if isinstance(value, (dict, list, tuple)):
            return self._container(value, path, depth + 1)
        raise InvalidJobError(
            _shown(path),
            f"a {type(value).__name__} is not JSON; pass str, int, float, bool, None, list or dict",
        )

    def _container(
        self,
        value: dict[Any, Any] | list[Any] | tuple[Any, ...],
        path: Path,
        depth: int,
    ) -> JSON:
        if depth > MAX_DEPTH:
            raise InvalidJobError(
                _shorten(_shown(path)),
                f"is nested deeper than {MAX_DEPTH} levels; flatten it",
            )
        # Each item takes a character and what parts it from the next, or from its key.
        if isinstance(value, dict):
            self._take(7 * len(value))
            return {
                self._key(key, path): self.clean(item, (path, key), depth)
                for key, item in value.items()
            }
        self._take(3 * len(value))
        return [
            self.clean(item, (path, index), depth) for index, item in enumerate(value)
        ]

    def _key(self, key: Any, path: Path) -> str:
        if not isinstance(key, str):
            raise InvalidJobError(
                _shown(path), f"has the key {quoted(key)}; JSON keys are strings"
            )
        self._take(len(key))
        if not _UNSTORABLE.search(key):
            return str.__str__(key)
        return _clean_string(key, f"{_shown(path)}, key {quoted(key)}")

    def _take(self, characters: int) -> None:
        self._left -= characters
        if self._left < 0:
            raise _TooLargeError


def _clean_string(text: str, path: Path) -> str:
    if found := _UNSTORABLE.search(text):
        culprit = "NUL (\\x00)" if found[0] == "\x00" else "a lone surrogate"
        raise InvalidJobError(
            _shown(path), f"contains {culprit}, which databases refuse; remove it"
        )
    # Where an Enum is a str, str() would give the member's name.
    return str.__str__(text)


def _shown(path: Path) -> str:
    """Return a path as errors show it; told only then, since telling takes its time."""
    if isinstance(path, str):
        return path
    before, key = path
    return _join(_shown(before), key)


def _join(path: str, key: Any) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if isinstance(key, str) and len(key) <= _SHOWN and _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}"
    return f"{path}[{quoted(key)}]"


def _shorten(path: str) -> str:
    return path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"
