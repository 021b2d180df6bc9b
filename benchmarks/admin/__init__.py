"""How long the pages of the admin take on a large table, and along which indexes."""

from __future__ import annotations
