"""manage.py pyjobkit_worker and its kin."""

from __future__ import annotations
