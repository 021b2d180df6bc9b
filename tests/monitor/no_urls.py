"""A site that serves nothing."""

from __future__ import annotations

urlpatterns: list[object] = []
