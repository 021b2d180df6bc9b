"""Masks secrets in what jobs left behind, as far as a name beside them gives them away.

Masked are the value of a key at any depth, the second of a pair such as a header, and the
word after an option such as ``--password``. In text too: ``password=…``, ``"token": "…"``,
header lines, user and password in a URL, ``Bearer …``, private keys in PEM and JSON Web
Tokens.

What has no name beside it is not seen: a secret alone in a list or a sentence, one in
base64, one that a line's end cuts in two, ``-p`` with the password right behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from pyjobkit_django.conf import current
from pyjobkit_django.monitor.secret_names import SecretNames

MASK: Final = "••••••••"

#: Where the value of a name lies: in quotes, in quotes that nobody closed, or up to a blank.
_VALUE: Final = re.compile(
    r"""
    "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | \\"[^"\\\n]*\\" | \\?["'][^\n]* |
    (?:(?:bearer|basic|digest|token)[ \t]{1,4})? [^\s"'\\,;&<>(){}\[\]]+
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NAME: Final = re.compile(
    r"""(?<![\w.-])([\w.-]{1,200})\\?["']?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}"""
)
_OPTION: Final = re.compile(r"(?<![\w-])(--?([\w-]{2,200})[ \t]{1,4})([^\s-]\S*)")

#: What is secret whatever it is called, and what is left of it.
_TELLING: Final = (
    (
        r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?:(?!-----END)[\s\S])*",
        rf"\1{MASK}",
    ),
    (
        r"""(?i)(?<![\w.+-])([a-z][a-z0-9+.-]{0,30}://)[^\s/?#"'<>]{1,500}@""",
        rf"\1{MASK}@",
    ),
    (
        r"(?i)(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)([ \t]*:[ \t]*)\S.*",
        rf"\1\2{MASK}",
    ),
    (
        r"(?i)(?<![\w-])(bearer|basic)([ \t]{1,4})(?=\S*[0-9=_.])[a-z0-9._~+/=-]{8,}",
        rf"\1\2{MASK}",
    ),
    (r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*", MASK),
)
_SUBSTITUTIONS: Final = [(re.compile(pattern), by) for pattern, by in _TELLING]
_QUERY: Final = re.compile(r"([?&;][^=&;#]*=)[^&;#]*")
_QUOTE: Final = re.compile(r"""\\?["']""")


class Redactor:
    """Masks the values of what is called by one of some names."""

    def __init__(self, names: SecretNames) -> None:
        self._names = names

    def value(self, value: Any) -> Any:
        """Return a JSON value with its secrets masked."""
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, (list, tuple)):
            return self._items(value)
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        """Return a text with its secrets masked."""
        for pattern, replacement in _SUBSTITUTIONS:
            text = pattern.sub(replacement, text)
        return _OPTION.sub(self._option, self._without_named(text))

    def url(self, url: str) -> str:
        """Return a URL with its user, its password and all values of its query masked."""
        return self.text(_QUERY.sub(rf"\1{MASK}", url))

    def _mapping(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        # {"name": "Authorization", "value": …}, as some clients write headers.
        names = [mapping.get(key) for key in ("name", "key", "header", "field")]
        value_is_secret = any(self._is_secret(name) for name in names)
        return {
            key: self._hidden(item)
            if self._is_secret(key) or (value_is_secret and key.lower() == "value")
            else self.value(item)
            for key, item in mapping.items()
        }

    def _items(self, items: Iterable[Any]) -> list[Any]:
        found = list(items)
        is_pair = len(found) == 2  # noqa: PLR2004 - ["Authorization", …]
        return [
            self._hidden(item)
            if isinstance(before, str)
            and (is_pair or before.startswith("-"))
            and "=" not in before
            and self._is_secret(before)
            else self.value(item)
            for before, item in pairwise([None, *found])
        ]

    def _hidden(self, item: Any) -> Any:
        # That there is none, or which of two it is, gives no secret away.
        tells_nothing = item is None or isinstance(item, bool) or item == ""
        return item if tells_nothing else MASK

    def _is_secret(self, name: Any) -> bool:
        return isinstance(name, str) and name in self._names

    def _without_named(self, text: str) -> str:
        parts = []
        done = 0
        for name in _NAME.finditer(text):
            if name.start() < done or name[1] not in self._names:
                continue
            if value := _VALUE.match(text, name.end()):
                quote = _QUOTE.match(value[0])
                mark = quote[0] if quote else ""
                parts += [text[done : name.end()], mark, MASK, mark]
                done = value.end()
        return "".join([*parts, text[done:]])

    def _option(self, match: re.Match[str]) -> str:
        return f"{match[1]}{MASK}" if match[2] in self._names else match[0]


def site_redactor() -> Redactor:
    """Return the Redactor of the site's settings."""
    return _redactor(current().redact)


@lru_cache(maxsize=4)
def _redactor(names: tuple[str, ...]) -> Redactor:
    return Redactor(SecretNames(names))
