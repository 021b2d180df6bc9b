"""The site whose admin is looked at while workers drain its queue."""

from __future__ import annotations

from tests.settings import *  # noqa: F403 - the same site, served

ALLOWED_HOSTS = ["127.0.0.1"]
