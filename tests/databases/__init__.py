"""The databases that the tests run on: found on this machine, or started for the run."""

from __future__ import annotations

from tests.databases.entries import database_entry
from tests.databases.servers import NoServerError, Server, find_server

__all__ = ["NoServerError", "Server", "database_entry", "find_server"]
