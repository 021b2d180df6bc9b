"""What templates load: ``{% load pyjobkit %}``."""

from __future__ import annotations
