"""A connection that listens, for tests of wake-ups."""

from __future__ import annotations

from typing import Self

import psycopg
from django.db import connection

from pyjobkit_django.backends.orm.wakeups import CHANNEL

END = "end of what was said so far"


class Ear:
    """Hears what is said on the channel from the moment it is made."""

    def __init__(self) -> None:
        params = connection.get_connection_params()
        ours = {name: params[name] for name in params if name not in NOT_PSYCOPGS}
        self._connection = psycopg.connect(autocommit=True, **ours)
        self._heard: list[str] = []
        self._connection.add_notify_handler(
            lambda notification: self._heard.append(notification.payload)
        )
        self._connection.execute(f"LISTEN {CHANNEL}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def heard(self) -> list[str]:
        """Return the payloads since the last call, in order.

        PostgreSQL delivers in the order of commits: what comes before our own word is
        all there is.
        """
        self._connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, END])
        while END not in self._heard:
            self._connection.execute("SELECT 1")
        heard, self._heard = self._heard, []
        return heard[:-1]


NOT_PSYCOPGS = {"cursor_factory", "context"}
