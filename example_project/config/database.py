"""DATABASE_URL as an entry of DATABASES."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}

#: With these, writers of SQLite wait for each other instead of failing.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


def database_entry(url: str) -> dict[str, Any]:
    """Return the entry of ``postgresql://user:password@host/name`` or ``sqlite:///path``."""
    address = urlsplit(url)
    if address.scheme not in ENGINES:
        raise ValueError(
            f"DATABASE_URL: {address.scheme!r} is not one of {', '.join(ENGINES)}"
        )
    entry = {
        "ENGINE": ENGINES[address.scheme],
        "NAME": unquote(address.path.removeprefix("/")),
    }
    if address.scheme == "sqlite":
        return {**entry, "OPTIONS": SQLITE_OPTIONS}
    return {
        **entry,
        "HOST": address.hostname or "",
        "PORT": address.port or "",
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "OPTIONS": dict(parse_qsl(address.query)),
    }


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file."""
    return f"sqlite:///{quote(str(path))}"
