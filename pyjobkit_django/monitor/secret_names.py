"""Which names are those of secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

#: How much of a name is looked at, in characters, and how many words one may be made of.
MAX_NAME: Final = 200
MAX_WORDS: Final = 4

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")


class SecretNames:
    """Names that hold one of some words; ``api_key`` is in ``X-Api-Keys`` and ``apiKey``."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset("".join(_words(name)) for name in names)
        self._remembered = lru_cache(maxsize=4_096)(self._holds)

    def __contains__(self, name: str) -> bool:
        return self._remembered(name[:MAX_NAME])

    def _holds(self, name: str) -> bool:
        words = _words(name)
        return any(
            "".join(words[first:last]) in self._names
            for first in range(len(words))
            for last in range(first + 1, min(first + MAX_WORDS, len(words)) + 1)
        )


def _words(name: str) -> list[str]:
    parts = _WORD.findall(_CAMEL.sub(" ", name))
    return [part.casefold().removesuffix("s") for part in parts]
