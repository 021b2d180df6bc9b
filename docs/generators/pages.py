"""Which files are written, and what into them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import django
from django.conf import settings

from docs.generators.commands import commands_page
from docs.generators.moves import moves_chart

DOCS: Final = Path(__file__).parents[1]


def pages() -> dict[Path, str]:
    """Return the text of each file that is written."""
    use_django()
    return {
        DOCS / "explanation" / "moves.svg": moves_chart(),
        DOCS / "reference" / "commands.md": commands_page(),
    }


def use_django() -> None:
    """Set Django up with as little as our modules want, unless that is done."""
    if not settings.configured:
        settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3"}},
            INSTALLED_APPS=["pyjobkit_django"],
            USE_TZ=True,
        )
        django.setup()
