"""Pictures of the admin and the example site, taken of a scene that is always the same."""

from __future__ import annotations
