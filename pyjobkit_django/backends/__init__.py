"""Where jobs live: in memory, or in the tables of a Django site."""

from __future__ import annotations
