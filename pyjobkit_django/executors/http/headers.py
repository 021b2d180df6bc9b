"""What may be shown and stored of headers and URLs."""

from __future__ import annotations

import re
from typing import Final

import httpx

from pyjobkit_django.payload import clean_text

_SECRET: Final = re.compile(
    r"auth|cookie|token|secret|passw|session|credential|signature|csrf|xsrf"
    r"|api-?key|access-?key|^proxy-"
)
#: The longest URL that a message shows, in characters.
_SHOWN: Final = 300


def is_secret(name: str) -> bool:
    """Tell whether a header of this name is likely to carry a secret."""
    return _SECRET.search(name.lower()) is not None


def visible(headers: httpx.Headers) -> dict[str, str]:
    """Return the headers that may be stored, their names in lower case."""
    return {
        name: clean_text(value)
        for name, value in headers.items()
        if not is_secret(name)
    }


def shown(url: httpx.URL) -> str:
    """Return the URL without user, password, query and fragment."""
    bare = str(url.copy_with(userinfo=b"", query=None, fragment=None))
    return bare if len(bare) <= _SHOWN else f"{bare[:_SHOWN]}…"
