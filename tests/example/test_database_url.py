from __future__ import annotations

from pathlib import Path

import pytest
from config.database import database_entry, sqlite_url


@pytest.mark.parametrize(
    ("scheme", "engine"),
    [
        ("postgresql", "django.db.backends.postgresql"),
        ("postgres", "django.db.backends.postgresql"),
        ("mysql", "django.db.backends.mysql"),
    ],
)
def test_a_server_is_named_with_all_that_it_asks_for(scheme, engine):
    url = f"{scheme}://ada:p%40ss@db.example:6543/shop?connect_timeout=5"

    assert database_entry(url) == {
        "ENGINE": engine,
        "NAME": "shop",
        "HOST": "db.example",
        "PORT": 6543,
        "USER": "ada",
        "PASSWORD": "p@ss",
        "OPTIONS": {"connect_timeout": "5"},
    }


def test_an_sqlite_file_is_opened_so_that_writers_wait():
    path = Path("/srv/100% ours/#1.sqlite3")
    entry = database_entry(sqlite_url(path))

    assert entry["NAME"] == str(path)
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_another_database_is_refused():
    with pytest.raises(ValueError, match="DATABASE_URL: 'oracle' is not one of sqlite"):
        database_entry("oracle://db/shop")
